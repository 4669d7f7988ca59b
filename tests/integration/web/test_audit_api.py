"""The log over HTTP with a real locked bucket: searched, proven, exported, and verified offline by the command line."""

import io
import json
import tarfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import text

from tests.integration.web.browser import Browser
from tests.services.minio import MinioServer
from tests.support.audit import Keyring, Ticking, empty_audit_bucket
from tests.unit.audit.test_verify import KEY, ORIGIN
from tre.api.app import create_app
from tre.api.context import Services
from tre.audit.bundle import unpack
from tre.audit.checkpoint import verifier_key
from tre.audit.events import AuditEvent
from tre.audit.seal import BUCKET, Sealer
from tre.audit.service import record
from tre.cli.audit import audit_group
from tre.core.people import Role, system
from tre.db.session import Database
from tre.platform.objectstore import ObjectStore

pytestmark = pytest.mark.integration
Add = Callable[..., Any]
SignIn = Callable[..., Browser]


@pytest.fixture
def store(minio: MinioServer) -> ObjectStore:
    return empty_audit_bucket(minio)


@pytest.fixture
def services(services: Services, store: ObjectStore) -> Services:
    vault: Any = Keyring()
    return replace(services, store=store, vault=vault)


@pytest.fixture
def auditor(add_person: Add, sign_in: SignIn) -> Browser:
    return sign_in(add_person("auditeur-a", Role.AUDITOR), Role.AUDITOR)


@pytest.fixture
def sealer(sealer_database: Database, store: ObjectStore) -> Sealer:
    return Sealer(sealer_database, KEY, store, ORIGIN, Ticking())


@pytest.fixture
def events(services: Services, sealer: Sealer, auditor: Browser) -> list[str]:
    """Sealed in three turns; the last one waits."""
    ids = []
    for turn in range(3):
        with services.db.transaction() as session:
            for i in range(100):
                slug = f"projet-{i % 2}"
                ids.append(record(session, AuditEvent("test.event", system("test"), slug, f"t{turn}-{i}")))
        sealer.tick()
    with services.db.transaction() as session:
        ids.append(record(session, AuditEvent("test.late", system("test"))))
    return ids


def _download(auditor: Browser, folder: Path) -> Path:
    answer = auditor.get("/api/v1/audit/export?purpose=audit")
    assert answer.status_code == 200
    folder.mkdir()
    with tarfile.open(fileobj=io.BytesIO(answer.content)) as archive:
        unpack(archive, folder)
    return folder


def _verify(path: Path, *more: str) -> tuple[int, Any]:
    result = CliRunner().invoke(
        audit_group, ["verify", str(path), "--key", verifier_key(ORIGIN, KEY.public_key), "--json", *more]
    )
    return result.exit_code, json.loads(result.stdout)


@pytest.mark.requirement("E28")
def test_an_exported_log_verifies_and_a_changed_copy_does_not(
    auditor: Browser, events: list[str], tmp_path: Path
) -> None:
    folder = _download(auditor, tmp_path / "copy")
    code, verdict = _verify(folder)
    assert (code, verdict["whole"]) == (0, True)
    assert verdict["sealed"] >= 300
    assert verdict["unsealed"] >= 1
    lines = (folder / "events.jsonl").read_bytes().splitlines(keepends=True)
    (folder / "events.jsonl").write_bytes(b"".join(lines[:7] + lines[8:]))
    code, verdict = _verify(folder)
    assert (code, verdict["problems"][0]["kind"], verdict["problems"][0]["position"]) == (1, "missing", 7)


@pytest.mark.requirement("E28")
def test_what_the_databases_owner_changes_is_named(
    auditor: Browser, events: list[str], owner_database: Database, tmp_path: Path
) -> None:
    with owner_database.transaction() as session:
        session.execute(text("ALTER TABLE audit_event DISABLE TRIGGER append_only"))
        changed = "convert_to(replace(convert_from(body, 'UTF8'), 'projet-1', 'projet-0'), 'UTF8')"
        session.execute(text(f"UPDATE audit_event SET body = {changed} WHERE event_id = :id"), {"id": events[151]})
    code, verdict = _verify(_download(auditor, tmp_path / "copy"))
    assert code == 1
    assert verdict["problems"][0]["kind"] == "changed"


def test_objects_written_over_or_deleted_in_the_bucket_do_not_hide_the_first(
    auditor: Browser, events: list[str], store: ObjectStore, tmp_path: Path
) -> None:
    for found in store.list(BUCKET, "leaves/"):
        store.put(BUCKET, found.key, b"\0" * found.size)
    first, *_ = store.list(BUCKET, "checkpoints/")
    store.remove(BUCKET, first.key)
    code, verdict = _verify(_download(auditor, tmp_path / "copy"))
    assert (code, verdict["checkpoints"]) == (0, 3)


@pytest.mark.requirement("E28")
def test_one_event_is_proven_in_two_kilobytes(auditor: Browser, events: list[str], tmp_path: Path) -> None:
    proof = auditor.get(f"/api/v1/audit/prove/{events[42]}")
    assert len(proof.content) < 2048
    file = tmp_path / "proof.json"
    file.write_text(proof.text)
    result = CliRunner().invoke(
        audit_group, ["verify", "--proof", str(file), "--key", verifier_key(ORIGIN, KEY.public_key)]
    )
    assert result.exit_code == 0
    assert "Valid: test.event" in result.output
    file.write_text(proof.text.replace("t0-42", "t0-43"))
    result = CliRunner().invoke(
        audit_group, ["verify", "--proof", str(file), "--key", verifier_key(ORIGIN, KEY.public_key)]
    )
    assert result.exit_code == 1
    assert "audit-proof-wrong" in result.output


def test_an_event_without_a_place_cannot_be_proven_yet(auditor: Browser, events: list[str]) -> None:
    answer = auditor.get(f"/api/v1/audit/prove/{events[-1]}")
    assert (answer.status_code, answer.json()["code"]) == (409, "event-unsealed")
    assert auditor.get("/api/v1/audit/prove/evt_none").json()["code"] == "event-unknown"


@pytest.mark.requirement("E32")
def test_the_log_is_searched_by_pages_and_the_search_is_an_event(auditor: Browser, events: list[str]) -> None:
    seen: list[str] = []
    query = "/api/v1/audit/events?project=projet-1&action=test.*&limit=40"
    page = auditor.get(query).json()
    while True:
        seen += [item["id"] for item in page["items"]]
        if page["next"] is None:
            break
        page = auditor.get(f"{query}&before={page['next']}").json()
    assert seen == [event for i, event in enumerate(events[:300]) if i % 2][::-1]
    searched = auditor.get("/api/v1/audit/events?action=audit.search&limit=1").json()["items"][0]
    assert searched["detail"] == {"action": "test.*", "project": "projet-1"}


@pytest.mark.requirement("E32")
@pytest.mark.parametrize("role", [Role.AGENT, Role.RESEARCHER, Role.REVIEWER, Role.STEWARD])
@pytest.mark.parametrize("path", ["events", "export?purpose=audit", "prove/evt_x"])
def test_others_read_nothing_of_the_log(add_person: Add, sign_in: SignIn, role: Role, path: str) -> None:
    browser = sign_in(add_person("personne-a", role), role)
    assert browser.get(f"/api/v1/audit/{path}").status_code == 403


def test_keys_and_checkpoints_are_public(services: Services, events: list[str]) -> None:
    from fastapi.testclient import TestClient  # noqa: PLC0415

    with TestClient(create_app(services), base_url=services.settings.public_url) as anyone:
        assert anyone.get("/api/v1/audit/key").text == verifier_key("tre.localhost/log", KEY.public_key) + "\n"
        points = anyone.get("/api/v1/audit/checkpoints").json()["items"]
        assert [point["note"].split("\n")[0] for point in points] == [ORIGIN] * 3
        assert anyone.get("/api/v1/audit/export?purpose=audit").status_code == 401

"""A witness outside follows the log over HTTP, signs what it checked, and raises the alarm at a fork."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from fastapi.testclient import TestClient
from sqlalchemy import text

from tests.services.minio import MinioServer
from tests.support.audit import Keyring, Ticking, empty_audit_bucket
from tests.unit.audit.test_verify import KEY, KEYS, ORIGIN
from tre.api.app import create_app
from tre.api.context import Services
from tre.audit.bundle import read_bundle
from tre.audit.events import AuditEvent
from tre.audit.export import export_bundle
from tre.audit.keys import read_keys
from tre.audit.seal import Sealer
from tre.audit.service import record
from tre.audit.verify import verify
from tre.cli.witness import follow, witness_group
from tre.core.errors import Conflict
from tre.core.people import system
from tre.db.session import Database

pytestmark = pytest.mark.integration


@pytest.fixture
def witness(tmp_path: Path) -> tuple[Path, str]:
    """A witness's folder and its verifier key."""
    made = CliRunner().invoke(witness_group, ["init", str(tmp_path / "witness"), "--name", "witness.example"])
    assert made.exit_code == 0
    return tmp_path / "witness", made.output.strip()


@pytest.fixture
def services(services: Services, minio: MinioServer, witness: tuple[Path, str], tmp_path: Path) -> Services:
    policies = tmp_path / "policies"
    policies.mkdir()
    (policies / "access.yaml").write_bytes((Path(__file__).parents[3] / "policies" / "access.yaml").read_bytes())
    (policies / "witnesses.txt").write_text(f"# the one outside\n{witness[1]}\n")
    settings = services.settings.model_copy(update={"policies_dir": policies, "domain": ORIGIN.removesuffix("/log")})
    vault: Any = Keyring()
    return replace(services, store=empty_audit_bucket(minio), vault=vault, settings=settings)


@pytest.fixture
def anyone(services: Services) -> Iterator[Any]:
    with TestClient(create_app(services), base_url=services.settings.public_url) as client:
        yield client


@pytest.fixture
def sealer(sealer_database: Database, services: Services) -> Sealer:
    return Sealer(sealer_database, KEY, services.store, ORIGIN, Ticking())


def grow(services: Services, sealer: Sealer, count: int) -> None:
    with services.db.transaction() as session:
        for i in range(count):
            record(session, AuditEvent("test.event", system("test"), detail={"n": i}))
    sealer.tick()


@pytest.mark.requirement("E28")
def test_a_witness_follows_and_its_absence_shows(
    services: Services, sealer: Sealer, anyone: Any, witness: tuple[Path, str], tmp_path: Path
) -> None:
    folder, key = witness
    grow(services, sealer, 5)
    assert anyone.get("/api/v1/audit/witnesses").json()["items"] == [
        {"name": "witness.example", "size": None, "at": None}
    ]
    for count in (300, 2):
        assert follow(folder, anyone, KEYS).startswith("signed ")
        grow(services, sealer, count)
    follow(folder, anyone, KEYS)
    assert anyone.get("/api/v1/audit/witnesses").json()["items"][0]["size"] == 307
    with (tmp_path / "log.tar").open("wb") as file:
        file.writelines(export_bundle(services.db, services.store, [], services.clock()))
    verdict = verify(read_bundle(tmp_path / "log.tar"), KEYS, read_keys(key))
    assert (verdict.whole, verdict.witnessed) == (True, {"witness.example": 307})


@pytest.mark.requirement("E28")
def test_a_witness_is_not_shown_another_log(
    services: Services, sealer: Sealer, anyone: Any, witness: tuple[Path, str], owner_database: Database
) -> None:
    grow(services, sealer, 5)
    follow(witness[0], anyone, KEYS)
    with owner_database.transaction() as session:  # the owner starts the log anew, even with the signing key's help
        for table in ("audit_leaf", "audit_checkpoint", "audit_event"):
            session.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER append_only"))
            session.execute(text(f"DELETE FROM {table}"))
    sealer._tree, sealer._signed_at, sealer._signed_size = None, None, 0
    grow(services, sealer, 3)
    with pytest.raises(Conflict, match="log-rolled-back"):
        follow(witness[0], anyone, KEYS)
    grow(services, sealer, 9)
    with pytest.raises(Conflict, match="log-forked"):
        follow(witness[0], anyone, KEYS)
    assert sorted(path.name for path in witness[0].glob("contradiction-*")) == [
        "contradiction-12.txt",
        "contradiction-3.txt",
    ]


def test_a_stranger_signs_nothing(services: Services, sealer: Sealer, anyone: Any, tmp_path: Path) -> None:
    grow(services, sealer, 5)
    note = anyone.get("/api/v1/audit/checkpoints").json()["items"][0]["note"]
    answer = anyone.post("/api/v1/audit/cosignatures", json={"note": note})
    assert (answer.status_code, answer.json()["code"]) == (403, "witness-unknown")
    answer = anyone.post("/api/v1/audit/cosignatures", json={"note": "x\n\ny"})
    assert (answer.status_code, answer.json()["code"]) == (422, "checkpoint-signature")

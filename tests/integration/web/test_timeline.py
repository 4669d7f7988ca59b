"""One session rebuilt from what object store, Vault, Kubernetes, gateway and control plane told (check 30)."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from pydantic import SecretStr
from sqlalchemy import select

from tests.integration.web.browser import Browser
from tre.api.app import create_hubapi
from tre.api.context import Services
from tre.audit.events import AuditEvent
from tre.audit.models import EventRow
from tre.audit.service import record
from tre.core.people import Actor, Role, system
from tre.sessions.models import WorkspaceSession

pytestmark = pytest.mark.integration
SAMPLES = Path(__file__).parents[2] / "unit" / "audit" / "samples"
SESSION = "ses-01m86rc41pjqt682865adcw837"
Add = Callable[..., Any]
SignIn = Callable[..., Browser]
AUTHORISED = {"authorization": "Bearer a-source-token"}


@pytest.fixture
def services(services: Services) -> Services:
    return replace(
        services, settings=services.settings.model_copy(update={"source_token": SecretStr("a-source-token")})
    )


@pytest.fixture
def sources(services: Services) -> Iterator[TestClient]:
    with TestClient(create_hubapi(services), base_url="http://tre-hubapi") as client:
        yield client


@pytest.fixture
def researcher(services: Services, add_person: Add) -> Any:
    """A person with the session of the samples."""
    person = add_person("chercheuse-a", Role.RESEARCHER)
    with services.db.transaction() as session:
        session.add(
            WorkspaceSession(
                id=SESSION,
                slug="colon",
                person_id=person.id,
                person_slug="chercheuse-a",
                profile="python",
                image="python@sha256:0",
                state="live",
                nonce_hash=b"0" * 32,
                created_at=datetime(2026, 11, 24, 12, 30, tzinfo=UTC),
            )
        )
        record(session, AuditEvent("session.start", system("hub:colon"), "colon", SESSION), services.clock)
        run = AuditEvent(
            "gateway.execute", Actor("system", "gateway:colon", person.id), "colon", SESSION,
            detail={"source_at": "2026-11-24T12:39:00.000000Z", "code_sha256": "ab" * 32},
        )  # fmt: skip
        record(session, run, lambda: datetime(2026, 11, 24, 12, 39, 2, tzinfo=UTC))
        asked = AuditEvent("egress.submit", Actor("person", "chercheuse-a", person.id), "colon", "req-1")
        record(session, asked, lambda: datetime(2026, 11, 24, 12, 45, tzinfo=UTC))
    return person


def send(sources: TestClient, source: str) -> int:
    body = (SAMPLES / f"{source}.jsonl").read_bytes()
    return int(sources.post(f"/internal/v1/sources/{source}", content=body, headers=AUTHORISED).status_code)


@pytest.mark.requirement("E30")
def test_a_session_is_rebuilt_from_all_sources(
    sources: TestClient, researcher: Any, add_person: Add, sign_in: SignIn, services: Services
) -> None:
    for source in ("minio", "vault", "kubernetes", "minio"):
        assert send(sources, source) == 204
    officer = sign_in(add_person("securite-a", Role.SECURITY_OFFICER), Role.SECURITY_OFFICER)
    made = officer.get(f"/api/v1/audit/sessions/{SESSION}/timeline").json()
    assert set(made["sources"]) >= {"minio", "vault", "gateway", "hub", "control"}
    assert made["offsets"]["gateway"] == 2.0
    actions = [entry["action"] for entry in made["entries"]]
    assert actions.count("s3.delete") == 1  # what was sent twice is told once
    assert "egress.submit" in actions
    read = next(entry for entry in made["entries"] if entry["action"] == "s3.get")
    assert (read["object"], read["read"], bool(read["detail"]["version"])) == (
        "tre-colon-inputs/colon/1/colon.csv",
        800,
        True,
    )
    assert "tre-colon-inputs/colon/1/colon.csv version" in made["told"]
    assert "evil\\nname.csv" in made["told"]
    assert "evil\nname.csv" not in made["told"]
    events = officer.get("/api/v1/audit/events?action=trace.timeline").json()["items"]
    assert events[0]["target"] == SESSION


@pytest.mark.requirement("E30")
def test_what_nobodys_session_explains_is_listed(
    sources: TestClient, researcher: Any, add_person: Add, sign_in: SignIn
) -> None:
    send(sources, "minio")
    officer = sign_in(add_person("securite-a", Role.SECURITY_OFFICER), Role.SECURITY_OFFICER)
    found = officer.get("/api/v1/audit/unattributed?since=2026-01-01T00:00:00Z").json()
    assert [(item["action"], item["outcome"]) for item in found["items"]] == [("s3.get", "refused")]


@pytest.mark.requirement("E32")
def test_a_researcher_reads_their_own_session_and_nobody_elses(
    sources: TestClient, researcher: Any, add_person: Add, sign_in: SignIn
) -> None:
    own = sign_in(researcher, Role.RESEARCHER)
    other = sign_in(add_person("chercheur-b", Role.RESEARCHER), Role.RESEARCHER)
    path = f"/api/v1/audit/sessions/{SESSION}/timeline"
    assert own.get(f"{path}?form=csv").text.startswith("at,received,source")
    assert other.get(path).json()["code"] == "session-unknown"


@pytest.mark.requirement("E31")
@pytest.mark.parametrize("token", ["", "Bearer", "Bearer wrong", "a-source-token x"])
def test_nobody_else_tells_of_sessions(sources: TestClient, researcher: Any, token: str) -> None:
    answer = sources.post("/internal/v1/sources/minio", content=b"{}", headers={"authorization": token})
    assert answer.status_code in (401, 403)  # without a bearer token it falls to the origin check before


def test_what_is_not_an_audit_log_is_refused_whole(sources: TestClient) -> None:
    for body in (b"not json", b'{"api": '):
        answer = sources.post("/internal/v1/sources/minio", content=body, headers=AUTHORISED)
        assert (answer.status_code, answer.json()["code"]) == (422, "source-malformed")


def test_an_entry_that_cannot_be_read_is_told_and_holds_nothing_up(
    sources: TestClient, researcher: Any, services: Services
) -> None:
    good = (SAMPLES / "minio.jsonl").read_bytes()
    broken = b'{"api": 5}\n[1]\n{"time": "never", "api": {"bucket": "tre-colon-work"}, "accessKey": "s-ses-x"}\n{}\n'
    lone = (
        b'{"time": "2026-01-01T00:00:00Z", "api": {"name": "GetObject", "object": "\\ud800"}, "accessKey": "s-ses-x"}\n'
    )
    for _ in "12":
        answer = sources.post("/internal/v1/sources/minio", content=broken + lone + good, headers=AUTHORISED)
        assert answer.status_code == 204
    with services.db.transaction() as session:
        actions = list(session.scalars(select(EventRow.action).where(EventRow.actor == "minio")))
    assert actions.count("source.unread") == 3
    assert "s3.get" in actions


def test_a_long_session_opens_in_a_second(researcher: Any, services: Services, sign_in: SignIn) -> None:
    start = datetime(2026, 11, 24, 12, 31, tzinfo=UTC)
    with services.db.transaction() as session:
        for i in range(10_000):
            at = start + timedelta(milliseconds=i)
            event = AuditEvent("gateway.execute", Actor("system", "gateway:colon"), "colon", SESSION, detail={"n": i})
            record(session, event, lambda at=at: at)  # type: ignore[misc]
    own = sign_in(researcher, Role.RESEARCHER)
    begun = datetime.now(UTC)
    made = own.get(f"/api/v1/audit/sessions/{SESSION}/timeline?form=jsonl")
    assert made.text.count("\n") > 10_000
    assert (
        datetime.now(UTC) - begun
    ).total_seconds() < 5  # a second on an idle machine; the benchmark tells the figure

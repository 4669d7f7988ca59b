"""Alerts and incidents on a real PostgreSQL: found in sealed events, once, assigned, cleared, led to their end."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from tests.integration.audit.test_seal import Hands, Shelf, sealer
from tre.audit import alerts
from tre.audit.alerts import detect
from tre.audit.detection import load_rules
from tre.audit.events import AuditEvent
from tre.audit.incidents import Opening, clocks, open_incident, resolve, stop_clock
from tre.audit.seal import Sealer
from tre.audit.service import record
from tre.core.errors import Conflict, Invalid
from tre.core.people import Actor, system
from tre.db.session import Database

pytestmark = pytest.mark.integration
RULES = load_rules(Path(__file__).parents[3] / "policies")
OFFICER = AuditEvent("any", Actor("person", "securite-a", "per-officer"))
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.fixture
def one(sealer_database: Database) -> Sealer:
    return sealer(sealer_database, Shelf(), Hands())


def happened(database: Database, *events: AuditEvent) -> None:
    with database.transaction() as session:
        for event in events:
            record(session, event, lambda: NOW)


def touch(project: str = "colon") -> AuditEvent:
    person = Actor("system", "minio", f"per-{project}")
    return AuditEvent("s3.get", person, project, "ses-1", detail={"object": "canary.csv"})


def test_an_alert_is_opened_once_and_keeps_its_events(database: Database, one: Sealer) -> None:
    happened(database, touch(), AuditEvent("project.show", system("x")), touch("lung"))
    assert detect(database, RULES) == 0  # not sealed yet
    one.tick()
    assert detect(database, RULES) == 2
    happened(database, touch())
    one.tick()
    assert detect(database, RULES) == 0
    with database.transaction() as session:
        found = {row.subject: len(alerts.events_of(session, row.id)) for row in alerts.alerts(session)}
    assert found == {"per-colon": 2, "per-lung": 1}


def test_what_is_counted_is_counted_over_time(database: Database, one: Sealer) -> None:
    person = Actor("person", "chercheuse-a", "per-a")
    for i in range(15):
        happened(database, AuditEvent("project.show", person, "colon", outcome="refused"))
        one.tick()
        assert detect(database, RULES) == int(i == 14)


def test_an_alert_is_assigned_and_cleared_with_a_reason(database: Database, one: Sealer) -> None:
    happened(database, touch())
    one.tick()
    detect(database, RULES)
    with database.transaction() as session:
        (alert,) = alerts.alerts(session)
        alerts.assign(session, alert.id, "per-officer", event=OFFICER)
    with pytest.raises(Invalid, match="reason-missing"), database.transaction() as session:
        alerts.clear(session, alert.id, "  ", event=OFFICER)
    with database.transaction() as session:
        cleared = alerts.clear(session, alert.id, "a test of the canary", event=OFFICER)
        assert (cleared.state, cleared.owner, cleared.cleared_by) == ("cleared", "per-officer", "per-officer")
    with pytest.raises(Conflict, match="alert-cleared"), database.transaction() as session:
        alerts.assign(session, alert.id, "per-officer", event=OFFICER)
    happened(database, touch())
    one.tick()
    assert detect(database, RULES) == 1  # a cleared alert does not swallow the next one


def test_reasons_are_kept_out_of_the_log(database: Database, one: Sealer) -> None:
    happened(database, touch())
    one.tick()
    detect(database, RULES)
    with database.transaction() as session:
        alerts.clear(session, alerts.alerts(session)[0].id, "words of a person", event=OFFICER)
        bodies = session.scalars(text("SELECT convert_from(body, 'UTF8') FROM audit_event")).all()
    assert not [body for body in bodies if "words of a person" in body]


def test_an_incident_has_its_clocks_and_ends_after_its_alerts(database: Database, one: Sealer) -> None:
    happened(database, touch())
    one.tick()
    detect(database, RULES)
    with database.transaction() as session:
        (alert,) = alerts.alerts(session)
        opening = Opening("Canary read", NOW, "per-officer", True, (alert.id,))
        incident = open_incident(session, opening, event=OFFICER, clock=lambda: NOW)
        assert [c.due_at - NOW for c in clocks(incident)] == [timedelta(days=n) for n in (1, 3, 30)]
        stop_clock(session, incident.id, "early-warning", event=OFFICER, clock=lambda: NOW + timedelta(hours=20))
        overdue = [c.name for c in clocks(incident) if c.overdue(NOW + timedelta(days=4))]
        assert overdue == ["notification"]
        with pytest.raises(Conflict, match="alerts-open"):
            resolve(session, incident.id, "done", event=OFFICER)
        alerts.clear(session, alert.id, "handled", event=OFFICER)
        assert resolve(session, incident.id, "Key withdrawn.", event=OFFICER).resolved_at

"""Alerts: opened by the rules over sealed events, assigned, cleared with a reason; each keeps its events."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from tre.audit import store
from tre.audit.detection import Event, Finding, Rule, evaluate
from tre.audit.events import AuditEvent
from tre.audit.models import AlertEventRow, AlertRow, DetectionCursorRow, EventRow
from tre.audit.purged import read_tombstone
from tre.audit.service import record
from tre.core.clock import Clock, system_clock
from tre.core.errors import Conflict, Invalid, NotFound
from tre.core.ids import new_id
from tre.core.people import system
from tre.db.session import Database

OPEN, ASSIGNED, CLEARED = "open", "assigned", "cleared"
_DETECTOR = system("detection")
_GROWS = timedelta(minutes=1)  # an open alert is not told to grow more often
_BATCH, _HISTORY = 500, 20_000


@dataclass(frozen=True)
class StoredHistory:
    """What came before, from the database."""

    session: Session

    def matching(self, rule: Rule, subject: str, since: datetime, until: datetime) -> Iterable[Event]:
        """Events of the subject in [since, until] of the rule's actions; the rule itself looks closer."""
        kinds = [EventRow.action.like(a[:-1] + "%") if a.endswith("*") else EventRow.action == a for a in rule.actions]
        query = select(EventRow.body).where(EventRow.at >= since, EventRow.at <= until, or_(*kinds))
        column = {"person": EventRow.actor, "project": EventRow.project, "session": EventRow.target}.get(rule.by)
        query = query.where(column == subject) if column is not None else query
        for body in self.session.scalars(query.order_by(EventRow.at).limit(_HISTORY)):
            yield json.loads(body)

    def addresses(self, person: str, before: datetime) -> set[str]:
        """Where a person signed in from before."""
        query = select(EventRow.body).where(
            EventRow.action == "session.sign-in", EventRow.target == person, EventRow.at < before
        )
        events = (json.loads(body) for body in self.session.scalars(query.order_by(EventRow.at.desc()).limit(500)))
        return {event["actor"]["address"] for event in events if event["actor"].get("address")}


def detect(database: Database, rules: list[Rule], clock: Clock = system_clock) -> int:
    """Look at the sealed events that no rule has seen; returns how many alerts were opened.

    Sealed events have their final order, so that nothing is looked at twice and nothing is missed.
    """
    opened = 0
    while True:
        with database.transaction() as session:
            cursor = _cursor(session)
            end = min(store.sealed_size(session), cursor.position + _BATCH)
            if end == cursor.position:
                return opened
            for event in _events(session, cursor.position, end):
                opened += _look(session, rules, event, clock)
            cursor.position = end


def _cursor(session: Session) -> DetectionCursorRow:
    """The one cursor, locked: two workers do not look at the same events."""
    session.execute(insert(DetectionCursorRow).values(name="rules", position=0).on_conflict_do_nothing())
    return session.scalars(select(DetectionCursorRow).where(DetectionCursorRow.name == "rules").with_for_update()).one()


def _events(session: Session, start: int, end: int) -> Iterator[Event]:
    for line in list(store.bodies(session, start, end)):
        if read_tombstone(0, line) is None:
            yield json.loads(line)


def _look(session: Session, rules: list[Rule], event: Event, clock: Clock) -> int:
    history = StoredHistory(session)
    findings = [found for rule in rules if (found := evaluate(rule, event, history)) is not None]
    return sum(_raise(session, found, event, clock) for found in findings)


def _raise(session: Session, found: Finding, event: Event, clock: Clock) -> int:
    """Open an alert, or add to the one that is open for the same rule and subject."""
    at = datetime.fromisoformat(event["at"])
    query = select(AlertRow).where(
        AlertRow.rule == found.rule.id, AlertRow.subject == found.subject, AlertRow.state != CLEARED
    )
    alert = session.scalar(query)
    opened = alert is None
    if alert is None:
        alert = AlertRow(
            id=new_id("alr"), rule=found.rule.id, severity=found.rule.severity, subject=found.subject,
            project=event.get("project"), state=OPEN, opened_at=clock(), last_at=at, measured=found.measured,
        )  # fmt: skip
        session.add(alert)
        detail: dict[str, Any] = {"rule": found.rule.id, "severity": found.rule.severity, "event": event["id"]}
        record(session, AuditEvent("alert.open", _DETECTOR, alert.project, alert.id, detail=detail), clock)
        session.flush()
    elif at - alert.last_at > _GROWS:
        alert.measured, alert.last_at = max(alert.measured, found.measured), max(alert.last_at, at)
        record(session, AuditEvent("alert.grow", _DETECTOR, alert.project, alert.id), clock)
    rows = [{"alert_id": alert.id, "event_id": event_id} for event_id in found.events]
    session.execute(insert(AlertEventRow).values(rows).on_conflict_do_nothing())
    return int(opened)


def get_alert(session: Session, alert_id: str, lock: bool = False) -> AlertRow:
    """The alert; raises NotFound ``alert-unknown``."""
    row = session.get(AlertRow, alert_id, with_for_update=lock or None)
    if row is None:
        raise NotFound("alert-unknown", "There is no such alert.", "See the list of alerts.")
    return row


def alerts(session: Session, states: Iterable[str] = (OPEN, ASSIGNED), limit: int = 200) -> list[AlertRow]:
    """Alerts in these states, the newest first."""
    query = select(AlertRow).where(AlertRow.state.in_(list(states))).order_by(AlertRow.opened_at.desc())
    return list(session.scalars(query.limit(limit)))


def events_of(session: Session, alert_id: str) -> list[Event]:
    """The events that show an alert, in order."""
    query = (
        select(EventRow.body)
        .join(AlertEventRow, AlertEventRow.event_id == EventRow.event_id)
        .where(AlertEventRow.alert_id == alert_id)
        .order_by(EventRow.seq)
    )
    return [json.loads(body) for body in session.scalars(query)]


def assign(session: Session, alert_id: str, owner: str, *, event: AuditEvent, clock: Clock = system_clock) -> AlertRow:
    """Give an alert to a person. Raises NotFound, Conflict ``alert-cleared``."""
    alert = _uncleared(session, alert_id)
    alert.state, alert.owner = ASSIGNED, owner
    record(session, _told(event, "alert.assign", alert, owner=owner), clock)
    return alert


def clear(session: Session, alert_id: str, reason: str, *, event: AuditEvent, clock: Clock = system_clock) -> AlertRow:
    """Close an alert with a reason; the log has the reason's hash. Raises NotFound, Conflict ``alert-cleared``,
    Invalid ``reason-missing``."""
    if not reason.strip():
        raise Invalid(
            "reason-missing", "An alert is cleared with a reason.", "Say why this is no danger, or what was done."
        )
    alert = _uncleared(session, alert_id)
    alert.state, alert.reason = CLEARED, reason.strip()[:4000]
    alert.cleared_by, alert.cleared_at = event.actor.person_id, clock()
    told = _told(event, "alert.clear", alert, reason_sha256=sha256(reason.encode()).hexdigest())
    record(session, told, clock)
    return alert


def _uncleared(session: Session, alert_id: str) -> AlertRow:
    alert = get_alert(session, alert_id, lock=True)
    if alert.state == CLEARED:
        raise Conflict("alert-cleared", "This alert was cleared.", "See the list of alerts.")
    return alert


def _told(event: AuditEvent, action: str, alert: AlertRow, **detail: str) -> AuditEvent:
    return replace(event, action=action, project=alert.project, target=alert.id, detail={**event.detail, **detail})

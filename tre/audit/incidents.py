"""Incidents: an owner, the legal clocks, a resolution (NIS 2 art. 23: 24 h, 72 h, one month; GDPR art. 33: 72 h)."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import select
from sqlalchemy.orm import Session

from tre.audit.alerts import get_alert
from tre.audit.events import AuditEvent, Json
from tre.audit.models import AlertRow, IncidentRow
from tre.audit.service import record
from tre.core.clock import Clock, system_clock
from tre.core.errors import Conflict, Invalid, NotFound
from tre.core.ids import new_id


@dataclass(frozen=True)
class Opening:
    """A new incident: what it is, when it became known, who leads it, which alerts are part of it."""

    title: str
    known_at: datetime
    owner: str
    personal_data: bool
    alerts: tuple[str, ...] = ()


@dataclass(frozen=True)
class DueClock:
    """One legal clock: when it ends, when it was stopped by the notification, or that it ran out."""

    name: str
    due_at: datetime
    stopped_at: datetime | None

    def overdue(self, now: datetime) -> bool:
        """True when the term passed without the notification."""
        return (self.stopped_at or now) > self.due_at


# name of the clock -> (term, the column that stops it)
CLOCKS = {
    "early-warning": (timedelta(hours=24), "early_at"),
    "notification": (timedelta(hours=72), "notified_at"),
    "report": (timedelta(days=30), "reported_at"),
}


def clocks(incident: IncidentRow) -> list[DueClock]:
    """The incident's clocks, the next first."""
    return [
        DueClock(name, incident.known_at + term, getattr(incident, column)) for name, (term, column) in CLOCKS.items()
    ]


def open_incident(session: Session, opening: Opening, *, event: AuditEvent, clock: Clock = system_clock) -> IncidentRow:
    """Open an incident over alerts. Raises NotFound ``alert-unknown``, Invalid ``title-missing``."""
    if not opening.title.strip():
        raise Invalid("title-missing", "An incident has a title.", "Say in a line what happened.")
    row = IncidentRow(
        id=new_id("inc"), title=opening.title.strip()[:200], known_at=min(opening.known_at, clock()),
        opened_by=event.actor.person_id or event.actor.label, owner=opening.owner, personal_data=opening.personal_data,
    )  # fmt: skip
    session.add(row)
    for alert_id in opening.alerts:
        get_alert(session, alert_id, lock=True).incident_id = row.id
    record(session, _told(event, "incident.open", row, alerts=list(opening.alerts)), clock)
    return row


def stop_clock(
    session: Session, incident_id: str, name: str, *, event: AuditEvent, clock: Clock = system_clock
) -> IncidentRow:
    """Say that the authority was told. Raises NotFound, Invalid ``clock-unknown``, Conflict ``clock-stopped``."""
    if name not in CLOCKS:
        raise Invalid("clock-unknown", "There is no such clock.", f"One of: {', '.join(CLOCKS)}.")
    row, column = get_incident(session, incident_id, lock=True), CLOCKS[name][1]
    if getattr(row, column) is not None:
        raise Conflict("clock-stopped", "This was notified before.", "See the incident.")
    setattr(row, column, clock())
    record(session, _told(event, "incident.notify", row, clock=name), clock)
    return row


def resolve(
    session: Session, incident_id: str, resolution: str, *, event: AuditEvent, clock: Clock = system_clock
) -> IncidentRow:
    """Close an incident with what was done. Raises NotFound, Conflict ``incident-resolved`` or ``alerts-open``,
    Invalid ``resolution-missing``."""
    if not resolution.strip():
        raise Invalid("resolution-missing", "An incident ends with a resolution.", "Say what was done and learnt.")
    row = get_incident(session, incident_id, lock=True)
    if row.resolved_at is not None:
        raise Conflict("incident-resolved", "This incident is resolved.", "Open a new one.")
    query = select(AlertRow.id).where(AlertRow.incident_id == row.id, AlertRow.state != "cleared").limit(1)
    if session.scalar(query) is not None:
        raise Conflict("alerts-open", "Alerts of this incident are open.", "Clear them with a reason first.")
    row.resolved_at, row.resolution = clock(), resolution.strip()[:4000]
    told = _told(event, "incident.resolve", row, sha256=sha256(resolution.encode()).hexdigest())
    record(session, told, clock)
    return row


def get_incident(session: Session, incident_id: str, lock: bool = False) -> IncidentRow:
    """The incident; raises NotFound ``incident-unknown``."""
    row = session.get(IncidentRow, incident_id, with_for_update=lock or None)
    if row is None:
        raise NotFound("incident-unknown", "There is no such incident.", "See the list of incidents.")
    return row


def incidents(session: Session, resolved: bool = False) -> list[IncidentRow]:
    """Incidents, the newest first; without the resolved ones unless asked."""
    query = select(IncidentRow).order_by(IncidentRow.known_at.desc()).limit(200)
    return list(session.scalars(query if resolved else query.where(IncidentRow.resolved_at.is_(None))))


def _told(event: AuditEvent, action: str, row: IncidentRow, **detail: Json) -> AuditEvent:
    return replace(event, action=action, target=row.id, detail={**event.detail, **detail})

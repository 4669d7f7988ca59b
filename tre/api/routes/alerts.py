"""Alerts and incidents (`/api/v1/alerts`, `/api/v1/incidents`). Rules: `tre.audit.alerts`, `tre.audit.incidents`."""

from datetime import datetime
from typing import Any

from fastapi import APIRouter, status
from pydantic import AwareDatetime, BaseModel, Field

from tre.api.deps import CurrentActor, Svc, Tx
from tre.audit import alerts, incidents
from tre.audit.events import AuditEvent
from tre.audit.models import AlertRow, IncidentRow
from tre.audit.service import record
from tre.projects.people import get_person

router = APIRouter(tags=["alerts"])
Json = dict[str, Any]
_ALERT = ("id", "rule", "severity", "subject", "project", "state", "opened_at", "last_at", "measured", "owner",
          "cleared_by", "cleared_at", "reason", "incident_id")  # fmt: skip
_INCIDENT = ("id", "title", "known_at", "opened_by", "owner", "personal_data", "resolved_at", "resolution")


class Assignment(BaseModel):
    """Who looks after it: a person's id."""

    owner: str = Field(max_length=64)


class Reason(BaseModel):
    """Why, in words; the log keeps the hash."""

    reason: str = Field(max_length=4000)


class OpeningIn(BaseModel):
    """A new incident."""

    title: str = Field(max_length=200)
    known_at: AwareDatetime
    owner: str = Field(max_length=64)
    personal_data: bool
    alerts: list[str] = Field(default_factory=list, max_length=200)


class Notified(BaseModel):
    """Which clock stops."""

    clock: str = Field(max_length=40)


def alert_out(row: AlertRow) -> Json:
    """An alert without its events."""
    return {name: getattr(row, name) for name in _ALERT}


def incident_out(row: IncidentRow, now: datetime) -> Json:
    """An incident with its clocks."""
    told = [
        {"name": c.name, "due_at": c.due_at, "stopped_at": c.stopped_at, "overdue": c.overdue(now)}
        for c in incidents.clocks(row)
    ]
    return {name: getattr(row, name) for name in _INCIDENT} | {"clocks": told}


@router.get("/alerts", name="alert.list")
def alert_list(tx: Tx, cleared: bool = False) -> Json:
    """Alerts that are open or assigned, the newest first; with ``cleared``, those that were."""
    states = (alerts.CLEARED,) if cleared else (alerts.OPEN, alerts.ASSIGNED)
    return {"items": [alert_out(row) for row in alerts.alerts(tx, states)]}


@router.get("/alerts/{alert_id}", name="alert.show")
def alert_show(alert_id: str, tx: Tx, services: Svc, actor: CurrentActor) -> Json:
    """One alert and the events that show it; the reading is recorded."""
    row = alerts.get_alert(tx, alert_id)
    record(tx, AuditEvent("alert.read", actor, row.project, row.id), services.clock)
    return alert_out(row) | {"events": alerts.events_of(tx, alert_id)}


@router.post("/alerts/{alert_id}/assign", name="alert.assign")
def alert_assign(alert_id: str, body: Assignment, tx: Tx, services: Svc, actor: CurrentActor) -> Json:
    """Give an alert to a person."""
    owner = get_person(tx, body.owner).id
    event = AuditEvent("alert.assign", actor)
    return alert_out(alerts.assign(tx, alert_id, owner, event=event, clock=services.clock))


@router.post("/alerts/{alert_id}/clear", name="alert.clear")
def alert_clear(alert_id: str, body: Reason, tx: Tx, services: Svc, actor: CurrentActor) -> Json:
    """Close an alert with a reason."""
    event = AuditEvent("alert.clear", actor)
    return alert_out(alerts.clear(tx, alert_id, body.reason, event=event, clock=services.clock))


@router.get("/incidents", name="incident.list")
def incident_list(tx: Tx, services: Svc, resolved: bool = False) -> Json:
    """Incidents and their clocks."""
    return {"items": [incident_out(row, services.clock()) for row in incidents.incidents(tx, resolved)]}


@router.post("/incidents", name="incident.open", status_code=status.HTTP_201_CREATED)
def incident_open(body: OpeningIn, tx: Tx, services: Svc, actor: CurrentActor) -> Json:
    """Open an incident over alerts."""
    owner = get_person(tx, body.owner).id
    opening = incidents.Opening(body.title, body.known_at, owner, body.personal_data, tuple(body.alerts))
    row = incidents.open_incident(tx, opening, event=AuditEvent("incident.open", actor), clock=services.clock)
    return incident_out(row, services.clock())


@router.post("/incidents/{incident_id}/notify", name="incident.notify")
def incident_notify(incident_id: str, body: Notified, tx: Tx, services: Svc, actor: CurrentActor) -> Json:
    """Say that the authority was told."""
    event = AuditEvent("incident.notify", actor)
    row = incidents.stop_clock(tx, incident_id, body.clock, event=event, clock=services.clock)
    return incident_out(row, services.clock())


@router.post("/incidents/{incident_id}/resolve", name="incident.resolve")
def incident_resolve(incident_id: str, body: Reason, tx: Tx, services: Svc, actor: CurrentActor) -> Json:
    """Close an incident with what was done."""
    event = AuditEvent("incident.resolve", actor)
    row = incidents.resolve(tx, incident_id, body.reason, event=event, clock=services.clock)
    return incident_out(row, services.clock())

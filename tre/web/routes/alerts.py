"""Alerts of the detection rules, and the timeline of one session: for security officers and auditors."""

from fastapi import APIRouter, Request, Response

from tre.api.deps import CurrentActor, Svc, Tx
from tre.audit import alerts
from tre.audit.detection import load_rules
from tre.audit.service import record
from tre.audit.timeline import Span, timeline
from tre.core.errors import NotFound
from tre.projects.people import people_by_id
from tre.sessions.models import WorkspaceSession
from tre.web.forms import Fields, act, text
from tre.web.render import back, page

router = APIRouter()
_STATES = ("open", "assigned", "cleared")


@router.get("/alerts", name="web.alerts")
def alert_list(request: Request, session: Tx, services: Svc, state: str = "") -> Response:
    """Open and assigned alerts, or those of one state."""
    states = (state,) if state in _STATES else _STATES[:2]
    rows = alerts.alerts(session, states)
    titles = {rule.id: rule.title for rule in load_rules(services.settings.policies_dir)}
    ids = {row.subject for row in rows} | {row.owner or "" for row in rows}
    names = {key: person.display_name for key, person in people_by_id(session, ids).items()}
    return page(request, "watch/alerts.html", rows=rows, titles=titles, names=names, state=state, states=_STATES)


@router.post("/alerts/{alert_id}/assign", name="web.alert.assign")
def assign(alert_id: str, session: Tx, services: Svc, actor: CurrentActor) -> Response:
    """Take an alert on."""
    alerts.assign(session, alert_id, actor.person_id or "", event=act("alert.assign", actor), clock=services.clock)
    return back("/alerts", "alert.assign")


@router.post("/alerts/{alert_id}/clear", name="web.alert.clear")
def clear(alert_id: str, session: Tx, services: Svc, actor: CurrentActor, fields: Fields) -> Response:
    """Close an alert with a reason."""
    alerts.clear(session, alert_id, text(fields, "reason"), event=act("alert.clear", actor), clock=services.clock)
    return back("/alerts", "alert.clear")


@router.get("/sessions/{session_id}", name="web.session")
def session_page(request: Request, session_id: str, session: Tx, services: Svc, actor: CurrentActor) -> Response:
    """Who, when, which objects, which cells, which exports; reading it is itself recorded."""
    row = session.get(WorkspaceSession, session_id)
    if row is None:
        raise NotFound("session-unknown", "There is no such session.", "See the list of sessions.")
    made = timeline(session, Span(row.id, row.slug, row.person_id, row.created_at, row.ended_at), 2_000)
    record(session, act("trace.read", actor, row.slug, row.id), services.clock)
    person = people_by_id(session, [row.person_id]).get(row.person_id)
    return page(request, "watch/session.html", row=row, made=made, who=person)

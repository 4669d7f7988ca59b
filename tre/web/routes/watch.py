"""For security officers and auditors: events, sessions, the sealed log. Reading is itself recorded (design §8)."""

import json
from dataclasses import dataclass, replace
from datetime import datetime, time
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from sqlalchemy import Select, func, select, text
from sqlalchemy.orm import Session

from tre.api.deps import CurrentActor, Svc, Tx
from tre.api.workspaces import parts_of
from tre.audit import store
from tre.audit.models import CheckpointRow, EventRow, LeafRow
from tre.audit.service import record
from tre.audit.witness import known_witnesses, standing
from tre.core.errors import NotFound
from tre.projects.people import find_person, people_by_id
from tre.sessions import service as sessions
from tre.sessions.models import WorkspaceSession
from tre.web.forms import act, as_day
from tre.web.render import back, page
from tre.web.words import PARIS

router = APIRouter()
PAGE = 100
_SLACK = 2_000  # transactions that were open side by side take their places out of sequence


@dataclass(frozen=True)
class Search:
    """What the officer looks for."""

    person: str = ""
    project: str = ""
    action: str = ""
    outcome: str = ""
    since: str = ""
    until: str = ""
    before: int = 0

    def filters(self) -> dict[str, str]:
        """What was asked, without the cursor."""
        names = ("person", "project", "action", "outcome", "since", "until")
        return {name: getattr(self, name) for name in names if getattr(self, name)}


# Each distinct action by one step in the index: `SELECT DISTINCT` would read the whole log.
_ACTIONS = text(
    "WITH RECURSIVE seen AS (SELECT min(action) AS action FROM audit_event UNION ALL "
    "SELECT (SELECT min(action) FROM audit_event WHERE action > seen.action) FROM seen WHERE seen.action IS NOT NULL) "
    "SELECT action FROM seen WHERE action IS NOT NULL"
)
Searched = Annotated[Search, Depends()]


@router.get("/events", name="web.events")
def events(request: Request, session: Tx, services: Svc, actor: CurrentActor, search: Searched) -> Response:
    """Events by person, project, action, outcome and time, newest first."""
    rows = session.scalars(_query(session, search)).all()
    asked = act("audit.search", actor, search.project or None)
    record(session, replace(asked, detail={**search.filters()}), services.clock)
    ids = {row.actor for row in rows} | {row.target or "" for row in rows}
    names = {key: person.display_name for key, person in people_by_id(session, ids).items()}
    more = rows[-1].seq if len(rows) == PAGE else 0
    actions = session.scalars(_ACTIONS).all()
    return page(request, "watch/events.html", rows=rows, names=names, search=search, more=more, actions=actions)


def _query(session: Session, search: Search) -> Select[EventRow]:
    query = select(EventRow).order_by(EventRow.seq.desc()).limit(PAGE)
    if search.before:
        query = query.where(EventRow.seq < search.before)
    if search.person:
        person = find_person(session, search.person)
        query = query.where(EventRow.actor == (person.id if person else search.person))
    for column, value in ((EventRow.project, search.project), (EventRow.action, search.action)):
        query = query.where(column == value) if value else query
    if search.outcome:
        query = query.where(EventRow.outcome == search.outcome)
    if since := as_day(search.since):
        query = query.where(EventRow.at >= datetime.combine(since, time.min, PARIS))
    if until := as_day(search.until):
        query = query.where(EventRow.at <= datetime.combine(until, time.max, PARIS))
    return query


@router.get("/events/{event_id}", name="web.event")
def event_page(request: Request, event_id: str, session: Tx, services: Svc, actor: CurrentActor) -> Response:
    """One event as it was hashed, and its place in the sealed log."""
    row = session.scalar(select(EventRow).where(EventRow.event_id == event_id))
    if row is None:
        raise NotFound("event-unknown", "There is no such event.", "Search the events.")
    record(session, act("audit.read", actor, row.project, event_id), services.clock)
    body = json.dumps(json.loads(row.body), indent=2, ensure_ascii=False)
    leaf = session.scalar(select(LeafRow).where(LeafRow.event_seq == row.seq))
    return page(request, "watch/event.html", row=row, body=body, leaf=leaf)


@router.get("/sessions", name="web.sessions")
def session_list(request: Request, session: Tx, services: Svc, actor: CurrentActor, project: str = "") -> Response:
    """Workspaces open now, and the last that ended."""
    query = select(WorkspaceSession).order_by(WorkspaceSession.id.desc()).limit(PAGE)
    rows = session.scalars(query.where(WorkspaceSession.slug == project) if project else query).all()
    record(session, act("session.list", actor, project or None), services.clock)
    people = people_by_id(session, {row.person_id for row in rows})
    names = {key: person.display_name for key, person in people.items()}
    return page(request, "watch/sessions.html", rows=rows, names=names, project=project)


@router.post("/sessions/{session_id}/end", name="web.session.end")
def end(session_id: str, session: Tx, services: Svc, actor: CurrentActor) -> Response:
    """Stop one workspace at once, with its credentials."""
    row = session.get(WorkspaceSession, session_id, with_for_update=True)
    if row is None:
        raise NotFound("session-unknown", "There is no such session.", "See the list of sessions.")
    event = act("session.end", actor, row.slug, session_id)
    sessions.end_session(session, parts_of(services), row, reason="officer", event=event)
    return back("/sessions", "session.end")


@router.get("/log", name="web.log")
def log_page(request: Request, session: Tx, services: Svc) -> Response:
    """How far the log is sealed, the checkpoints, and how to verify it without believing us."""
    sealed = store.sealed_size(session)
    points = session.scalars(select(CheckpointRow).order_by(CheckpointRow.seq.desc()).limit(50)).all()
    witnesses = standing(session, known_witnesses(services.settings.policies_dir))
    values = {"sealed": sealed, "waiting": _waiting(session), "points": points}
    return page(request, "watch/log.html", witnesses=witnesses, **values)


def _waiting(session: Session) -> int:
    """Events without a place yet; only the newest are looked at, because the log may hold millions."""
    newest = session.scalar(select(func.max(LeafRow.event_seq))) or 0
    placed = select(LeafRow.event_seq).where(LeafRow.event_seq == EventRow.seq).exists()
    query = select(func.count()).select_from(EventRow).where(EventRow.seq > newest - _SLACK, ~placed)
    return session.scalar(query) or 0


@router.get("/log/checkpoints/{seq}", name="web.checkpoint")
def checkpoint(seq: int, session: Tx) -> Response:
    """A signed checkpoint, exactly as signed."""
    row = session.get(CheckpointRow, seq)
    if row is None:
        raise NotFound("checkpoint-unknown", "There is no such checkpoint.", "See the list of checkpoints.")
    headers = {"Content-Disposition": f'attachment; filename="checkpoint-{row.size}.txt"'}
    return Response(row.note, media_type="text/plain; charset=utf-8", headers=headers)

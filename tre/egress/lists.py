"""Lists of requests: what a person may see, and what waits for them with its age."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from tre.core.people import Actor, Role
from tre.egress import permissions, store
from tre.egress.case import Case
from tre.egress.contracts import Parts, ProjectView
from tre.egress.models import Request, Seat
from tre.egress.views import RequestSummary, awaits_officer, summary

_SPANNING = (Role.REVIEWER, Role.SECURITY_OFFICER, Role.AGENT, Role.AUDITOR)
_BATCH = 200


@dataclass(frozen=True)
class Wanted:
    """A filter: one project, states, and the cursor (the last id of the page before)."""

    slug: str | None = None
    states: tuple[str, ...] = ()
    after: str = ""
    limit: int = 50


@dataclass(frozen=True)
class Waiting:
    """Something that waits for a person."""

    kind: str  # sign | correct | claim | vote | except | held
    request_id: str
    slug: str
    title: str
    since: datetime


def listed(session: Session, parts: Parts, actor: Actor, wanted: Wanted) -> list[RequestSummary]:
    """A page of the requests that the actor may see, newest first."""
    view = _views(session, parts)
    slugs = _slugs(session, parts, actor, wanted.slug)
    found: list[RequestSummary] = []
    after = wanted.after
    while len(found) < wanted.limit:
        rows = store.page(session, slugs, wanted.states, after, _BATCH)
        visible = [row for row in rows if permissions.may_see(actor, view(row.slug), row)]
        found += [summary(actor, view(row.slug), row) for row in visible]
        if len(rows) < _BATCH:
            break
        after = rows[-1].id
    return found[: wanted.limit]


def _slugs(session: Session, parts: Parts, actor: Actor, slug: str | None) -> list[str] | None:
    """Where to look: None means everywhere. People of projects look in their own, which keeps their list fast."""
    if slug is not None:
        return [slug]
    return None if actor.has(*_SPANNING) else sorted(parts.projects.slugs(session, actor))


def _views(session: Session, parts: Parts) -> Callable[[str], ProjectView]:
    known: dict[str, ProjectView] = {}

    def view(slug: str) -> ProjectView:
        if slug not in known:
            known[slug] = parts.projects.view(session, slug)
        return known[slug]

    return view


def waiting(session: Session, parts: Parts, actor: Actor) -> list[Waiting]:
    """What waits for this person in exports, oldest first; for their home page."""
    view = _views(session, parts)
    items: list[Waiting] = []
    for slug in sorted(parts.projects.slugs(session, actor)):
        items += _own(session, actor, view(slug))
    if actor.has(Role.REVIEWER, Role.SECURITY_OFFICER):
        for request in _open(session):
            kind = _duty(session, parts, actor, (request, view(request.slug)))
            if kind:
                items.append(_item(kind, request))
    return sorted(items, key=lambda item: item.since)


def _own(session: Session, actor: Actor, project: ProjectView) -> list[Waiting]:
    query = select(Request).where(Request.slug == project.slug, Request.state.in_(("signature", "returned", "draft")))
    items = []
    for request in session.scalars(query):
        if request.state == "signature" and actor.person_id in project.leads:
            items.append(_item("sign", request))
        elif request.state == "returned" and request.requester_id == actor.person_id:
            items.append(_item("correct", request))
    return items


def _open(session: Session) -> Sequence[Request]:
    states = ("review", "open", "third", "held")
    return session.scalars(select(Request).where(Request.state.in_(states)).order_by(Request.submitted_at)).all()


def _duty(session: Session, parts: Parts, actor: Actor, item: tuple[Request, ProjectView]) -> str:
    request, project = item
    if permissions.is_named(actor, project) or request.requester_id == actor.person_id:
        return ""
    if actor.has(Role.SECURITY_OFFICER) and awaits_officer(Case(session, parts, request, project)):
        return "except"
    if not actor.has(Role.REVIEWER):
        return ""
    return "held" if request.state == "held" else _review_duty(actor, request, store.seats(session, request.id))


def _review_duty(actor: Actor, request: Request, seats: Sequence[Seat]) -> str:
    mine = next((seat for seat in seats if seat.person_id == actor.person_id), None)
    third_turn = request.state == "third"
    if mine is not None:
        return "vote" if not mine.conflict and mine.third == third_turn else ""
    free = not any(s.third for s in seats) if third_turn else len([s for s in seats if not s.conflict]) < 2
    return "claim" if free and request.state in {"review", "third"} else ""


def _item(kind: str, request: Request) -> Waiting:
    return Waiting(kind, request.id, request.slug, request.title, request.submitted_at or request.created_at)

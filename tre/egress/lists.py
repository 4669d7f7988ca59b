"""Lists of requests: what a person may see, and what waits for them with its age."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from tre.core.people import Actor, Role
from tre.egress import permissions, store
from tre.egress.case import Case
from tre.egress.contracts import Parts, ProjectView
from tre.egress.models import Request, Seat
from tre.egress.views import RequestSummary, awaits_officer, owes_vote, summary

_SPANNING = (Role.REVIEWER, Role.SECURITY_OFFICER, Role.AGENT, Role.AUDITOR)
_BATCH = 200
_USUAL_REVIEWERS = 2  # a policy that asks for more shows its free seats on the request's own page


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
    standing = _Standing.of(session, parts, actor)
    slugs = standing.slugs(wanted.slug)
    found: list[RequestSummary] = []
    after = wanted.after
    while len(found) < wanted.limit:
        rows = store.page(session, slugs, wanted.states, after, _BATCH)
        visible = [row for row in rows if permissions.may_see(actor, standing.view(row.slug), row)]
        found += [summary(actor, standing.view(row.slug), row) for row in visible]
        if len(rows) < _BATCH:
            break
        after = rows[-1].id
    return found[: wanted.limit]


@dataclass(frozen=True)
class _Standing:
    """The actor's own standing in projects: all that visibility asks, whatever the number of projects."""

    actor: Actor
    own: frozenset[str]
    named: frozenset[str]

    @classmethod
    def of(cls, session: Session, parts: Parts, actor: Actor) -> "_Standing":
        return cls(actor, parts.projects.slugs(session, actor), parts.projects.named_in(session, actor))

    def slugs(self, slug: str | None) -> list[str] | None:
        """Where to look: None means everywhere. People of projects look in their own, which keeps their list fast."""
        if slug is not None:
            return [slug]
        return None if self.actor.has(*_SPANNING) else sorted(self.own)

    def view(self, slug: str) -> ProjectView:
        """The project as far as this actor's place in it goes."""
        person = frozenset({self.actor.person_id or ""})
        member, named = slug in self.own, slug in self.own | self.named
        nobody: frozenset[str] = frozenset()
        return ProjectView(slug, "", "", False, "", person if member else nobody, nobody, person if named else nobody)


def waiting(session: Session, parts: Parts, actor: Actor) -> list[Waiting]:
    """What waits for this person in exports, oldest first; for their home page."""
    standing = _Standing.of(session, parts, actor)
    items: list[Waiting] = []
    for slug in sorted(standing.own):
        items += _own(session, actor, parts.projects.view(session, slug))
    if actor.has(Role.REVIEWER, Role.SECURITY_OFFICER):
        items += _duties(session, parts, standing)
    return sorted(items, key=lambda item: item.since)


def _own(session: Session, actor: Actor, project: ProjectView) -> list[Waiting]:
    query = select(Request).where(Request.slug == project.slug, Request.state.in_(("signature", "returned")))
    items = []
    for request in session.scalars(query):
        if request.state == "signature" and actor.person_id in project.leads:
            items.append(_item("sign", request))
        elif request.state == "returned" and request.requester_id == actor.person_id:
            items.append(_item("correct", request))
    return items


def _duties(session: Session, parts: Parts, standing: _Standing) -> list[Waiting]:
    states = ("review", "open", "third", "held")
    requests = session.scalars(select(Request).where(Request.state.in_(states)).order_by(Request.submitted_at)).all()
    seats: dict[str, list[Seat]] = defaultdict(list)
    for seat in session.scalars(select(Seat).join(Request).where(Request.state.in_(states), Seat.left_at.is_(None))):
        seats[seat.request_id].append(seat)
    items = []
    for request in requests:
        if request.slug in standing.own | standing.named or request.requester_id == standing.actor.person_id:
            continue
        kind = _duty(session, parts, standing.actor, (request, seats[request.id]))
        if kind:
            items.append(_item(kind, request))
    return items


def _duty(session: Session, parts: Parts, actor: Actor, item: tuple[Request, Sequence[Seat]]) -> str:
    request, seats = item
    mine = next((seat for seat in seats if seat.person_id == actor.person_id), None)
    if actor.has(Role.SECURITY_OFFICER) and len(seats) > 1 and awaits_officer(_case(session, parts, request)):
        return "except"
    if not actor.has(Role.REVIEWER):
        return ""
    if request.state == "held":
        return "held"
    if mine is not None:
        return "vote" if not mine.conflict and owes_vote(_case(session, parts, request), mine) else ""
    return "claim" if _seat_free(request, seats) else ""


def _case(session: Session, parts: Parts, request: Request) -> Case:
    return Case(session, parts, request, parts.projects.view(session, request.slug))


def _seat_free(request: Request, seats: Sequence[Seat]) -> bool:
    voting = [seat for seat in seats if not seat.conflict]
    if request.state == "third":
        return not any(seat.third for seat in voting)
    return request.state == "review" and len(voting) < _USUAL_REVIEWERS


def _item(kind: str, request: Request) -> Waiting:
    return Waiting(kind, request.id, request.slug, request.title, request.submitted_at or request.created_at)

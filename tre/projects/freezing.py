"""Freezing: at once by one, undone by two from different sides (design §4, T39). A flag beside the state."""

from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from tre.audit.events import AuditEvent
from tre.audit.service import record
from tre.core.clock import Clock, system_clock
from tre.core.errors import Conflict
from tre.core.ids import new_id
from tre.projects.models import Project, TwoPersonAct
from tre.projects.people.grants import granted_roles
from tre.projects.people.models import Person
from tre.projects.people.store import get_person
from tre.projects.permissions import check_may_freeze, check_may_unfreeze
from tre.projects.store import get_project

_UNFREEZE = "unfreeze"


def freeze(session: Session, slug: str, reason: str, *, event: AuditEvent, clock: Clock = system_clock) -> Project:
    """Stop sessions, credentials and exports of a project; evidence stays. Repeating it changes nothing."""
    check_may_freeze(event.actor)
    project = get_project(session, slug, lock=True)
    project.frozen = True
    detail = {**event.detail, "reason_code": reason}
    record(session, replace(event, project=slug, target=project.id, detail=detail), clock)
    return project


def waiting_unfreeze(session: Session, slug: str) -> TwoPersonAct | None:
    """The proposal that waits for the other side, if any."""
    return session.scalar(
        select(TwoPersonAct).where(
            TwoPersonAct.project_slug == slug, TwoPersonAct.kind == _UNFREEZE, TwoPersonAct.confirmed_at.is_(None)
        )
    )


def propose_unfreeze(session: Session, slug: str, *, event: AuditEvent, clock: Clock = system_clock) -> TwoPersonAct:
    """Ask for the end of a freeze. Raises Conflict ``not-frozen``, ``unfreeze-waiting``."""
    check_may_unfreeze(event.actor, None, frozenset())
    project = get_project(session, slug, lock=True)
    if not project.frozen:
        raise Conflict("not-frozen", "The project is not frozen.", "Nothing to do.")
    if waiting_unfreeze(session, slug) is not None:
        raise Conflict("unfreeze-waiting", "This was proposed already.", "The other side has to confirm it.")
    act = TwoPersonAct(
        id=new_id("act"), project_slug=slug, kind=_UNFREEZE, proposed_at=clock(),
        proposed_by=event.actor.person_id or event.actor.label,
    )  # fmt: skip
    session.add(act)
    record(session, replace(event, project=slug, target=act.id), clock)
    return act


def confirm_unfreeze(session: Session, slug: str, *, event: AuditEvent, clock: Clock = system_clock) -> Project:
    """End the freeze. Raises Forbidden ``second-person``, ``other-side``, Conflict ``nothing-proposed``."""
    project = get_project(session, slug, lock=True)
    act = waiting_unfreeze(session, slug)
    if act is None:
        raise Conflict("nothing-proposed", "Nobody proposed to unfreeze this project.", "Propose it first.")
    check_may_unfreeze(event.actor, act.proposed_by, granted_roles(session, act.proposed_by))
    act.confirmed_by, act.confirmed_at = event.actor.person_id, clock()
    project.frozen = False
    record(session, replace(event, project=slug, target=act.id), clock)
    return project


def freeze_person(
    session: Session, person_id: str, reason: str, *, event: AuditEvent, clock: Clock = system_clock
) -> Person:
    """Stop everything of one person at once."""
    check_may_freeze(event.actor)
    person = get_person(session, person_id)
    person.frozen_at = person.frozen_at or clock()
    record(session, replace(event, target=person.id, detail={**event.detail, "reason_code": reason}), clock)
    return person


def release_person(session: Session, person_id: str, *, event: AuditEvent, clock: Clock = system_clock) -> Person:
    """End a person's freeze; never by themselves."""
    check_may_freeze(event.actor)
    person = get_person(session, person_id)
    if event.actor.person_id == person.id:
        raise Conflict("second-person", "Nobody ends their own freeze.", "Ask somebody else.")
    person.frozen_at = None
    record(session, replace(event, target=person.id), clock)
    return person

"""Acting on dates: reads what ``dates.due`` needs, and does what it says through the ordinary verbs."""

from dataclasses import dataclass, field
from datetime import date

import structlog
from sqlalchemy.orm import Session

from tre.audit.events import AuditEvent
from tre.audit.service import record
from tre.core.clock import Clock, system_clock
from tre.core.errors import TreError
from tre.core.people import system
from tre.db.session import Database
from tre.projects import lifecycle, store
from tre.projects.dates import Action, PersonDates, ProjectDates, due
from tre.projects.models import Notice, Project
from tre.projects.people.models import TermsAcceptance, TermsVersion
from tre.projects.people.standing import current_terms, training_valid_until
from tre.projects.states import State

log = structlog.get_logger("tre.projects")
_WORKER = system("worker")
DATED = frozenset({State.ACTIVE, State.SUSPENDED})


@dataclass(frozen=True)
class Ended:
    """A person whose right to work in a project has ended today: their sessions have to end."""

    slug: str
    person_id: str
    code: str


@dataclass
class Acted:
    """What one round did: ``warned`` go into mail, ``ended`` and ``stopped`` into the session service."""

    warned: list[Action] = field(default_factory=list)
    ended: list[Ended] = field(default_factory=list)
    stopped: list[str] = field(default_factory=list)


def project_dates(session: Session, project: Project, today: date) -> ProjectDates | None:
    """The dates of a project; None when it has no authorisation in force to end."""
    current = project.authorisation
    if current is None:
        return None
    terms = current_terms(session, today)
    people = tuple(
        PersonDates(
            person.person_id, person.ends_on, training_valid_until(session, person.person_id),
            _accepted(session, person.person_id, terms),
        )
        for person in current.people
    )  # fmt: skip
    return ProjectDates(
        project.slug, project.state, current.starts_on, current.ends_on, project.state_reason,
        project.last_export_on, people,
    )  # fmt: skip


def _accepted(session: Session, person_id: str, terms: TermsVersion | None) -> bool:
    return terms is None or session.get(TermsAcceptance, (person_id, terms.version)) is not None


def act(db: Database, clock: Clock = system_clock) -> Acted:
    """One round over every project that has dates; a project that fails is logged and does not stop the others."""
    acted = Acted()
    with db.transaction() as session:
        slugs = [project.slug for project in store.projects_in(session, DATED)]
    for slug in slugs:
        try:
            _act_on(db, slug, acted, clock)
        except TreError as error:
            log.error("dates-failed", project=slug, code=error.code)
    return acted


def _act_on(db: Database, slug: str, acted: Acted, clock: Clock) -> None:
    with db.transaction() as session:
        dates = project_dates(session, store.get_project(session, slug), clock().date())
        for action in due(dates, clock().date()) if dates else ():
            _do(session, slug, action, acted, clock)


def _do(session: Session, slug: str, action: Action, acted: Acted, clock: Clock) -> None:
    event = AuditEvent(f"project.date.{action.kind}", _WORKER, slug, detail={"code": action.code})
    if action.kind == "suspend":
        lifecycle.suspend(session, slug, action.code, event=event, clock=clock)
        acted.stopped.append(slug)
    elif action.kind == "resume":
        lifecycle.resume(session, slug, event=event, clock=clock)
    elif action.kind == "announce":
        lifecycle.announce_closing(session, slug, action.about, event=event, clock=clock)
    elif action.kind == "close":
        lifecycle.close(session, slug, event=event, clock=clock)
        acted.stopped.append(slug)
    elif action.kind == "end-person":
        acted.ended.append(Ended(slug, action.subject, action.code))
    elif _first_time(session, slug, action, clock):
        record(session, event, clock)
        acted.warned.append(action)


def _first_time(session: Session, slug: str, action: Action, clock: Clock) -> bool:
    key = (slug, action.code, action.subject, action.about)
    if session.get(Notice, key) is not None:
        return False
    session.add(Notice(project_slug=slug, kind=action.code, subject=action.subject, about=action.about, at=clock()))
    return True

"""Dates that act by themselves: a pure function from a project and a day to what has to be done (design §4).

Warn, then suspend, then announce closing, then close; the same for one person's end of rights, training and terms.
Nothing here waits for somebody to come to work.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from tre.projects.states import State

WARN_DAYS = (30, 7, 1)  # before an end
ANNOUNCE_AFTER_DAYS = 30  # after the authorisation ended without a renewal
LAST_EXPORT_AFTER_DAYS = 60  # after the authorisation ended: the date that is announced
ENDED = "authorisation-ended"


@dataclass(frozen=True)
class PersonDates:
    """What can end for one person of the project."""

    person_id: str
    rights_end_on: date
    training_until: date | None
    terms_accepted: bool = True


@dataclass(frozen=True)
class ProjectDates:
    """What can end for a project. ``renewed`` is false when no confirmed version covers the day after the end."""

    slug: str
    state: State
    starts_on: date
    ends_on: date
    state_reason: str = ""
    last_export_on: date | None = None
    people: tuple[PersonDates, ...] = ()


@dataclass(frozen=True, order=True)
class Action:
    """One thing to do. ``kind``: warn, suspend, resume, announce, close, end-person.

    ``subject`` is the project's slug or a person's id; ``code`` says why; ``about`` is the date that it is about.
    """

    kind: str
    subject: str
    code: str
    about: date


def due(project: ProjectDates, today: date) -> list[Action]:
    """Everything that is due today, each once; empty for a project that has nothing in the world."""
    if project.state not in (State.ACTIVE, State.SUSPENDED):
        return []
    return [*_of_project(project, today), *_of_people(project, today)]


def _of_project(project: ProjectDates, today: date) -> list[Action]:
    slug, ends_on = project.slug, project.ends_on
    if project.last_export_on is not None and today >= project.last_export_on:
        return [Action("close", slug, "last-export-passed", project.last_export_on)]
    if today <= ends_on:
        if project.state is State.SUSPENDED and project.state_reason == ENDED and today >= project.starts_on:
            return [Action("resume", slug, "authorisation-renewed", ends_on)]
        return _warnings(slug, "authorisation-ends", ends_on, today)
    actions = []
    if project.state is State.ACTIVE:
        actions.append(Action("suspend", slug, ENDED, ends_on))
    if project.last_export_on is None and today > ends_on + timedelta(days=ANNOUNCE_AFTER_DAYS):
        last = max(today, ends_on + timedelta(days=LAST_EXPORT_AFTER_DAYS))
        actions.append(Action("announce", slug, ENDED, last))
    return actions


def _of_people(project: ProjectDates, today: date) -> list[Action]:
    actions: list[Action] = []
    for person in project.people:
        if person.rights_end_on < today:
            actions.append(Action("end-person", person.person_id, "rights-ended", person.rights_end_on))
            continue
        if person.rights_end_on < project.ends_on:
            actions += _warnings(person.person_id, "rights-end", person.rights_end_on, today)
        actions += _training(person, today)
        if not person.terms_accepted:
            actions.append(Action("end-person", person.person_id, "terms-not-accepted", today))
    return actions


def _training(person: PersonDates, today: date) -> list[Action]:
    if person.training_until is None:
        return [Action("end-person", person.person_id, "training-expired", today)]
    if person.training_until < today:
        return [Action("end-person", person.person_id, "training-expired", person.training_until)]
    return _warnings(person.person_id, "training-ends", person.training_until, today)


def _warnings(subject: str, code: str, end: date, today: date) -> list[Action]:
    """The nearest warning that is due; ``about`` is its own day, so that each of the three is given once."""
    left = (end - today).days
    nearest = min((days for days in WARN_DAYS if 0 <= left <= days), default=None)
    return [] if nearest is None else [Action("warn", subject, code, end - timedelta(days=nearest))]

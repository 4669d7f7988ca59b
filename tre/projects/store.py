"""Reading projects. Writing is in the verbs of ``authorisations``, ``lifecycle`` and ``freezing``."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from tre.core.errors import NotFound
from tre.core.people import Actor
from tre.projects.models import (
    Authorisation,
    AuthorisedPerson,
    DeletionCertificate,
    DriftFinding,
    Project,
    Step,
)
from tre.projects.permissions import sees_all
from tre.projects.policies import authorisation_in_force
from tre.projects.states import State


@dataclass(frozen=True)
class Membership:
    """A person's rights in a project, in force on the day that was asked for."""

    person_id: str
    slug: str
    lead: bool
    ends_on: date


def _unknown() -> NotFound:
    return NotFound("project-unknown", "No such project, or none that you may see.", "Check the name of the project.")


def get_project(session: Session, slug: str, *, lock: bool = False) -> Project:
    """The project; raises NotFound ``project-unknown``. ``lock`` holds its row until the transaction ends."""
    query = select(Project).where(Project.slug == slug)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    project = session.scalar(query)
    if project is None:
        raise _unknown()
    return project


def _visible(actor: Actor) -> Select[Project]:
    query = select(Project).order_by(Project.slug)
    if sees_all(actor):
        return query
    named = (
        select(AuthorisedPerson.person_id)
        .join(Authorisation, Authorisation.id == AuthorisedPerson.authorisation_id)
        .where(
            Authorisation.project_slug == Project.slug,
            Authorisation.confirmed_at.is_not(None),
            Authorisation.superseded_at.is_(None),
            AuthorisedPerson.person_id == (actor.person_id or ""),
        )
    )
    return query.where(named.exists())


def visible_projects(session: Session, actor: Actor) -> Sequence[Project]:
    """What the actor may know to exist: everything for those whose duty spans projects, else what names them."""
    return session.scalars(_visible(actor)).all()


def visible_page(session: Session, actor: Actor, after: str, limit: int) -> Sequence[Project]:
    """At most ``limit`` of them whose slug comes after ``after``."""
    return session.scalars(_visible(actor).where(Project.slug > after).limit(limit)).all()


def visible_project(session: Session, slug: str, actor: Actor) -> Project:
    """One of them; an unknown project and a forbidden one answer alike: NotFound ``project-unknown``."""
    project = session.scalar(_visible(actor).where(Project.slug == slug))
    if project is None:
        raise _unknown()
    return project


def projects_in(session: Session, states: frozenset[State]) -> Sequence[Project]:
    """All projects in one of the states, by slug."""
    return session.scalars(select(Project).where(Project.state.in_(states)).order_by(Project.slug)).all()


def members(session: Session, slug: str, on: date | None = None) -> list[Membership]:
    """The people of the version in force; with ``on`` only those whose rights are in force that day."""
    project = get_project(session, slug)
    current = project.authorisation
    if current is None or (on is not None and not authorisation_in_force(project, on)):
        return []
    return [
        Membership(named.person_id, slug, named.lead, named.ends_on)
        for named in current.people
        if on is None or named.ends_on >= on
    ]


def membership(session: Session, slug: str, person_id: str, on: date) -> Membership | None:
    """The person's membership when it is in force that day, else None; raises NotFound for an unknown project."""
    return next((m for m in members(session, slug, on) if m.person_id == person_id), None)


def people_with_homes(project: Project) -> dict[str, bool]:
    """Everybody whom a confirmed version ever named, with whether they lead now: volumes are kept until closing."""
    current = project.authorisation
    leads = {named.person_id for named in current.people if named.lead} if current else set()
    versions = [version for version in project.authorisations if version.confirmed_at is not None]
    return {named.person_id: named.person_id in leads for version in versions for named in version.people}


def ever_named(session: Session, slug: str) -> frozenset[str]:
    """Everybody whom any version of the project's authorisation named, confirmed or not."""
    query = select(AuthorisedPerson.person_id).join(Authorisation).where(Authorisation.project_slug == slug)
    return frozenset(session.scalars(query))


def steps(session: Session, slug: str, procedure: str | None = None) -> Sequence[Step]:
    """The steps of all runs, oldest first."""
    query = select(Step).where(Step.project_slug == slug)
    if procedure is not None:
        query = query.where(Step.procedure == procedure)
    # rows of one run are written within a millisecond: their ids share the time, their ordinals tell the order
    return session.scalars(query.order_by(func.left(Step.id, 14), Step.ordinal)).all()


def unsound(session: Session) -> frozenset[str]:
    """Slugs of the projects that have a difference which is not repaired."""
    return frozenset(session.scalars(select(DriftFinding.project_slug).where(DriftFinding.repaired_at.is_(None))))


def open_drift(session: Session, slug: str) -> Sequence[DriftFinding]:
    """Differences seen and not yet repaired."""
    query = select(DriftFinding).where(DriftFinding.project_slug == slug, DriftFinding.repaired_at.is_(None))
    return session.scalars(query.order_by(DriftFinding.provider, DriftFinding.target)).all()


def drift_history(session: Session, slug: str, limit: int = 100) -> Sequence[DriftFinding]:
    """The newest findings, repaired ones included."""
    query = select(DriftFinding).where(DriftFinding.project_slug == slug).order_by(DriftFinding.id.desc())
    return session.scalars(query.limit(limit)).all()


def certificate(session: Session, slug: str) -> DeletionCertificate | None:
    """The project's deletion certificate, once issued."""
    return session.get(DeletionCertificate, slug)


def issued_certificate(session: Session, slug: str) -> DeletionCertificate:
    """The same; raises NotFound ``certificate-none`` before that."""
    issued = certificate(session, slug)
    if issued is None:
        raise NotFound("certificate-none", "No deletion certificate was issued.", "It is issued when closing ends.")
    return issued

"""The only module of this package that knows the projects and datasets domains: it fills in `contracts`."""

from typing import Protocol

from sqlalchemy import select
from sqlalchemy.orm import Session

from tre.core.backoff import Backoff
from tre.core.clock import Clock
from tre.core.people import Actor, Role
from tre.datasets import service as datasets
from tre.egress.contracts import DatasetUse, Parts, ProjectView, Signer, Store
from tre.projects import service as projects
from tre.projects.models import Authorisation, AuthorisedPerson
from tre.projects.people import granted_roles
from tre.projects.people.models import Person, RoleGrant

_BACKOFF = Backoff()  # of this process


class ServicesLike(Protocol):
    """What is used of the process's services (`tre.api.context.Services`)."""

    @property
    def store(self) -> Store: ...
    @property
    def vault(self) -> Signer: ...
    @property
    def clock(self) -> Clock: ...


class FromPeople:
    """Mail addresses by the people's domain."""

    def of_person(self, session: Session, person_id: str) -> str | None:
        person = session.get(Person, person_id)
        return person.email or None if person is not None else None

    def of_role(self, session: Session, role: str) -> list[str]:
        """People whose grant of the role is confirmed and not revoked."""
        query = (
            select(Person.email)
            .join(RoleGrant, RoleGrant.person_id == Person.id)
            .where(RoleGrant.role == Role(role), RoleGrant.confirmed_at.is_not(None), RoleGrant.revoked_at.is_(None))
            .where(Person.frozen_at.is_(None), Person.email != "")
            .distinct()
        )
        return list(session.scalars(query))


class FromProjects:
    """Answers of the projects and datasets domains, in the words of `contracts`."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def view(self, session: Session, slug: str) -> ProjectView:
        """The project today; raises NotFound."""
        project = projects.get_project(session, slug)
        today = self._clock().date()
        members = projects.members(session, slug, today)
        current = project.authorisation
        closed_to_exports = project.last_export_on is not None and today > project.last_export_on
        return ProjectView(
            slug=slug,
            title=project.title,
            state=project.state.value,
            frozen=project.frozen,
            policy_id=project.policy_id,
            members=frozenset(m.person_id for m in members),
            leads=frozenset(m.person_id for m in members if m.lead),
            named=projects.ever_named(session, slug),
            authorisation=current.reference if current else "",
            last_export_passed=closed_to_exports,
        )

    def slugs(self, session: Session, actor: Actor) -> frozenset[str]:
        """Projects of which the actor is a member today."""
        today, person = self._clock().date(), actor.person_id or ""
        return frozenset(s for s in self.named_in(session, actor) if projects.membership(session, s, person, today))

    def named_in(self, session: Session, actor: Actor) -> frozenset[str]:
        """Projects of which any authorisation ever named the actor."""
        query = select(Authorisation.project_slug).join(AuthorisedPerson)
        return frozenset(session.scalars(query.where(AuthorisedPerson.person_id == (actor.person_id or "")).distinct()))

    def reviewers(self, session: Session, people: frozenset[str]) -> frozenset[str]:
        """Those of them who are reviewers now."""
        return frozenset(person for person in people if Role.REVIEWER in granted_roles(session, person))

    def all_uses(self, session: Session) -> tuple[tuple[str, DatasetUse], ...]:
        """Approved attachments of all projects."""
        return tuple(
            (slug, DatasetUse(use.dataset_id, use.title, use.version, use.producer, use.attachment))
            for slug, use in datasets.all_uses(session)
        )

    def datasets(self, session: Session, slug: str) -> tuple[DatasetUse, ...]:
        """What the project works on."""
        return tuple(
            DatasetUse(use.dataset_id, use.title, use.version, use.producer) for use in datasets.uses(session, slug)
        )


def parts_of(services: ServicesLike) -> Parts:
    """The parts that export verbs need, from a process's services."""
    return Parts(services.store, services.vault, FromProjects(services.clock), services.clock, backoff=_BACKOFF)

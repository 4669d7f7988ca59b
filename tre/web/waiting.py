"""What waits for a person, oldest first: the page that everybody starts from (design §9)."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from tre.api.context import Services
from tre.audit import alerts
from tre.core.people import Actor, Role
from tre.datasets import service as datasets
from tre.datasets.models import Dataset, DatasetVersion, Extract
from tre.egress import lists
from tre.egress.neighbours import parts_of as egress_parts
from tre.projects import people
from tre.projects import service as projects
from tre.projects.models import Authorisation, Project, TwoPersonAct
from tre.projects.people.models import RoleGrant, TermsAcceptance
from tre.projects.states import State

_LATE = timedelta(days=5)


@dataclass(frozen=True)
class Task:
    """One thing to do: ``kind`` names its words in the catalogue."""

    kind: str
    href: str
    since: datetime
    project: str | None = None
    values: dict[str, str] = field(default_factory=dict)

    def late(self, now: datetime) -> bool:
        """Past the time in which somebody should have answered."""
        return now - self.since > _LATE


@dataclass(frozen=True)
class Desk:
    """Whose tasks are looked for, and when."""

    session: Session
    services: Services
    actor: Actor

    def holds(self, *roles: Role) -> bool:
        return self.actor.has(*roles)


Finder = Callable[[Desk], Iterator[Task]]


def tasks(session: Session, services: Services, actor: Actor) -> list[Task]:
    """Everything, oldest first."""
    desk = Desk(session, services, actor)
    return sorted((task for finder in FINDERS for task in finder(desk)), key=lambda task: task.since)


def _terms(desk: Desk) -> Iterator[Task]:
    terms = people.current_terms(desk.session, desk.services.clock().date())
    if terms and desk.session.get(TermsAcceptance, (desk.actor.person_id, terms.version)) is None:
        yield Task("terms", "/me#terms", terms.published_at, values={"version": terms.version})


def _authorisations(desk: Desk) -> Iterator[Task]:
    """Versions that somebody else recorded."""
    if not desk.holds(Role.AGENT, Role.SECURITY_OFFICER):
        return
    query = select(Authorisation).where(
        Authorisation.confirmed_at.is_(None),
        Authorisation.withdrawn_at.is_(None),
        Authorisation.recorded_by != desk.actor.person_id,
    )
    for version in desk.session.scalars(query):
        href = f"/projects/{version.project_slug}#proposed"
        yield Task("confirm-authorisation", href, version.recorded_at, version.project_slug, {"name": version.title})


def _projects(desk: Desk) -> Iterator[Task]:
    """Projects that an agent has to start, or to look after."""
    if not desk.holds(Role.AGENT):
        return
    query = select(Project).where(Project.state.in_((State.AUTHORISED, State.FAILED)))
    for project in desk.session.scalars(query):
        kind = "failed" if project.state is State.FAILED else "acknowledge"
        yield Task(kind, f"/projects/{project.slug}", project.state_since, project.slug, {"name": project.title})


def _unfreezes(desk: Desk) -> Iterator[Task]:
    if not desk.holds(Role.AGENT, Role.SECURITY_OFFICER):
        return
    query = select(TwoPersonAct).where(
        TwoPersonAct.confirmed_at.is_(None), TwoPersonAct.proposed_by != desk.actor.person_id
    )
    for waiting in desk.session.scalars(query):
        project = projects.get_project(desk.session, waiting.project_slug)
        yield Task("unfreeze", f"/projects/{project.slug}", waiting.proposed_at, project.slug, {"name": project.title})


def _grants(desk: Desk) -> Iterator[Task]:
    if not desk.holds(Role.AGENT, Role.SECURITY_OFFICER):
        return
    query = select(RoleGrant).where(
        RoleGrant.confirmed_at.is_(None),
        RoleGrant.revoked_at.is_(None),
        RoleGrant.proposed_by != desk.actor.person_id,
        RoleGrant.person_id != desk.actor.person_id,
    )
    for grant in desk.session.scalars(query):
        person = people.get_person(desk.session, grant.person_id)
        values = {"name": person.display_name, "role": str(grant.role)}
        yield Task("grant", f"/people/{person.slug}", grant.proposed_at, None, values)


def _alerts(desk: Desk) -> Iterator[Task]:
    """Alerts that nobody looks after."""
    if desk.holds(Role.SECURITY_OFFICER):
        for alert in alerts.alerts(desk.session, ("open",), 50):
            yield Task("alert", "/alerts", alert.opened_at, alert.project, {"rule": alert.rule})


_EXPORTS = {
    "sign": "signature", "correct": "returned", "claim": "review-free", "vote": "review-mine", "except": "officer",
    "held": "review-held", "draft": "draft",
}  # fmt: skip


def _exports(desk: Desk) -> Iterator[Task]:
    """What the export domain says waits for this person."""
    for item in lists.waiting(desk.session, egress_parts(desk.services), desk.actor):
        kind = _EXPORTS.get(item.kind, "review-mine")
        yield Task(kind, f"/requests/{item.request_id}", item.since, item.slug, {"name": item.title})


def _data(desk: Desk) -> Iterator[Task]:
    """Extracts and attachments that another steward has to decide on."""
    if not desk.holds(Role.STEWARD):
        return
    titles = _titles(desk)
    for row in datasets.waiting_for(desk.session, desk.actor):
        values = {"name": titles.get(row.version_id, row.version_id)}
        yield Task("attachment", f"/projects/{row.slug}/data", row.proposed_at, row.slug, values)
    query = select(Extract).where(Extract.state == "checked", Extract.loaded_by != desk.actor.person_id)
    for extract in desk.session.scalars(query):
        values = {"name": titles.get(extract.version_id, extract.version_id)}
        yield Task("extract", f"/extracts/{extract.id}", extract.created_at, extract.slug, values)


def _titles(desk: Desk) -> dict[str, str]:
    query = select(DatasetVersion.id, Dataset.title).join(Dataset, Dataset.id == DatasetVersion.dataset_id)
    return {version: title for version, title in desk.session.execute(query)}


FINDERS: list[Finder] = [_terms, _authorisations, _projects, _unfreezes, _grants, _data, _exports, _alerts]

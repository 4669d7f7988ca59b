"""What others may ask of projects, in one place: the verbs and the questions."""

from collections.abc import Mapping, Sequence
from dataclasses import fields

from sqlalchemy.orm import Session

from tre.projects.authorisations import confirm, propose, propose_version, withdraw_version
from tre.projects.desired.spec import Capacity, PersonSpec, ProjectSpec
from tre.projects.freezing import (
    confirm_unfreeze,
    freeze,
    freeze_person,
    propose_unfreeze,
    release_person,
    waiting_unfreeze,
)
from tre.projects.lifecycle import (
    abandon,
    acknowledge_capacity,
    activate,
    allowed_actions,
    announce_closing,
    archive,
    close,
    destroyed,
    fail,
    provision,
    resume,
    suspend,
)
from tre.projects.models import Project
from tre.projects.people.models import Person
from tre.projects.people.store import people_by_id
from tre.projects.states import State
from tre.projects.store import (
    Membership,
    certificate,
    drift_history,
    ever_named,
    get_project,
    issued_certificate,
    members,
    membership,
    open_drift,
    people_with_homes,
    projects_in,
    steps,
    visible_page,
    visible_project,
    visible_projects,
)

__all__ = [
    "Membership", "abandon", "acknowledge_capacity", "activate", "allowed_actions", "announce_closing", "archive",
    "certificate", "close", "confirm", "confirm_unfreeze", "destroyed", "drift_history", "ever_named", "fail",
    "freeze", "freeze_person", "get_project",
    "issued_certificate", "members", "membership", "open_drift", "project_spec", "project_specs", "projects_in",
    "propose", "propose_unfreeze", "propose_version", "provision", "release_person", "resume", "steps", "suspend",
    "visible_page", "visible_project", "visible_projects", "waiting_unfreeze", "withdraw_version",
]  # fmt: skip


def project_spec(session: Session, slug: str) -> ProjectSpec:
    """The project as the reconciler sees it now: who has a place in it, with how much, and whether it is awake.

    Whoever lost their rights keeps their place: data is kept until closing; what ends is sessions and credentials.
    Raises NotFound ``project-unknown``.
    """
    return project_specs(session, [get_project(session, slug)])[slug]


def project_specs(session: Session, projects: Sequence[Project]) -> dict[str, ProjectSpec]:
    """The same for many, with one question for all their people."""
    homes = {project.slug: people_with_homes(project) for project in projects}
    people = people_by_id(session, {person for held in homes.values() for person in held})
    return {project.slug: _spec(project, homes[project.slug], people) for project in projects}


def _spec(project: Project, homes: Mapping[str, bool], people: Mapping[str, Person]) -> ProjectSpec:
    specs = sorted(PersonSpec(slug=people[person].slug, lead=lead) for person, lead in homes.items())
    return ProjectSpec(
        slug=project.slug, title=project.title, people=tuple(specs), capacity=_capacity(project), awake=_awake(project)
    )


def _capacity(project: Project) -> Capacity:
    known = {field.name: field.type for field in fields(Capacity)}
    given = {name: value for name, value in project.capacity.items() if name in known}
    if "cpu" in given:
        given["cpu"] = str(given["cpu"])
    return Capacity(**given)  # type: ignore[arg-type]  # acknowledge_capacity admits these names and numbers only


def _awake(project: Project) -> bool:
    working = project.state in (State.ACTIVE, State.PROVISIONING)
    return working and not project.frozen and project.awake

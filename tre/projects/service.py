"""What others may ask of projects, in one place: the verbs and the questions."""

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
    visible_project,
    visible_projects,
)

__all__ = [
    "Membership", "abandon", "acknowledge_capacity", "activate", "allowed_actions", "announce_closing", "archive",
    "certificate", "close", "confirm", "confirm_unfreeze", "destroyed", "drift_history", "ever_named", "fail",
    "freeze", "freeze_person", "get_project",
    "issued_certificate", "members", "membership", "open_drift", "project_spec", "projects_in",
    "propose", "propose_unfreeze", "propose_version", "provision", "release_person", "resume", "steps", "suspend",
    "visible_project", "visible_projects", "waiting_unfreeze", "withdraw_version",
]  # fmt: skip


def project_spec(session: Session, slug: str) -> ProjectSpec:
    """The project as the reconciler sees it now: who has a place in it, with how much, and whether it is awake.

    Whoever lost their rights keeps their place: data is kept until closing; what ends is sessions and credentials.
    Raises NotFound ``project-unknown``.
    """
    project = get_project(session, slug)
    homes = people_with_homes(session, slug)
    people = people_by_id(session, homes)
    specs = (PersonSpec(slug=p.slug, lead=homes[p.id]) for p in people.values())
    return ProjectSpec(
        slug=slug, title=project.title, people=tuple(sorted(specs)), capacity=_capacity(project), awake=_awake(project)
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

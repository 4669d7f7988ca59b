"""What the page of a project shows to one person."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from tre.api.context import Services
from tre.core.people import Actor, Role
from tre.projects import lifecycle
from tre.projects import service as projects
from tre.projects.models import Authorisation, DeletionCertificate, DriftFinding, Project, Step, TwoPersonAct
from tre.projects.people import people_by_id
from tre.projects.states import State
from tre.sessions.store import open_sessions
from tre.web.forms import act


@dataclass(frozen=True)
class Member:
    """A person of the authorisation, as the page names them."""

    name: str
    slug: str
    lead: bool
    ends_on: date
    in_force: bool


@dataclass(frozen=True)
class ProjectPage:
    """Everything on the page."""

    project: Project
    current: Authorisation | None
    proposed: Authorisation | None
    members: Sequence[Member]
    proposed_members: Sequence[Member]
    steps: Sequence[Step]
    procedure: str
    actions: Sequence[str]
    drift: Sequence[DriftFinding]
    unfreeze: TwoPersonAct | None
    certificate: DeletionCertificate | None
    sessions: int
    member: bool
    may_confirm: bool
    may_watch: bool
    unfreeze_is_mine: bool

    @property
    def moving(self) -> bool:
        """True while steps are under way, so that the page refreshes itself."""
        return self.project.state in (State.PROVISIONING, State.CLOSING)


_PROCEDURE = {State.PROVISIONING: "provision", State.CLOSING: "close", State.CLOSED: "close", State.FAILED: "provision"}


def project_page(session: Session, services: Services, actor: Actor, slug: str) -> ProjectPage:
    """Raises NotFound for a project that this person may not know of."""
    project = projects.visible_project(session, slug, actor)
    today = services.clock().date()
    procedure = _PROCEDURE.get(project.state, "provision")
    proposed, waiting = project.proposed, projects.waiting_unfreeze(session, slug)
    entitled = actor.has(Role.AGENT, Role.SECURITY_OFFICER)
    return ProjectPage(
        project=project,
        current=project.authorisation,
        proposed=proposed,
        members=_members(session, project.authorisation, today),
        proposed_members=_members(session, proposed, today),
        steps=lifecycle.current_run(session, slug, procedure),
        procedure=procedure,
        actions=_actions(session, project, actor, today),
        drift=projects.open_drift(session, slug) if _sees_drift(actor) else (),
        unfreeze=waiting,
        certificate=projects.certificate(session, slug),
        sessions=len(open_sessions(session, slug=slug)),
        member=projects.membership(session, slug, actor.person_id or "", today) is not None,
        may_confirm=proposed is not None and entitled and proposed.recorded_by != actor.person_id,
        may_watch=actor.has(Role.AGENT, Role.SECURITY_OFFICER, Role.AUDITOR),
        unfreeze_is_mine=waiting is not None and waiting.proposed_by == actor.person_id,
    )


def _sees_drift(actor: Actor) -> bool:
    return actor.has(Role.AGENT, Role.SECURITY_OFFICER, Role.AUDITOR)


def _actions(session: Session, project: Project, actor: Actor, today: date) -> list[str]:
    """The verbs offered; provisioning acknowledges the quota in the same form, so its guard does not hide it."""
    allowed = projects.allowed_actions(session, project, act("project.read", actor, project.slug), today)
    startable = project.state in (State.AUTHORISED, State.FAILED) and not project.frozen
    if actor.has(Role.AGENT) and startable and "provision" not in allowed:
        allowed.append("provision")
    return allowed


def _members(session: Session, version: Authorisation | None, today: date) -> list[Member]:
    if version is None:
        return []
    known = people_by_id(session, [named.person_id for named in version.people])
    return [
        Member(
            name=known[named.person_id].display_name,
            slug=known[named.person_id].slug,
            lead=named.lead,
            ends_on=named.ends_on,
            in_force=named.ends_on >= today and known[named.person_id].frozen_at is None,
        )
        for named in version.people
    ]

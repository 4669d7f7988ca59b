"""Who may: one small check a duty, on persons (never accounts), raising typed errors (design §1).

What the state allows is in `policies`. Whoever may not see a request gets the answer of an unknown id.
"""

from typing import Protocol

from tre.core.errors import Forbidden, NotFound
from tre.core.people import Actor, Role
from tre.egress.contracts import ProjectView


class RequestFacts(Protocol):
    """The facts of a request that permissions look at."""

    @property
    def requester_id(self) -> str: ...
    @property
    def state(self) -> str: ...


def unknown(what: str = "request") -> NotFound:
    """The one answer for an id that is unknown and for one that is somebody else's."""
    return NotFound(f"{what}-unknown", f"There is no such {what}, or it is not yours to see.", "Check the address.")


def is_member(actor: Actor, project: ProjectView) -> bool:
    return actor.person_id is not None and actor.person_id in project.members


def is_named(actor: Actor, project: ProjectView) -> bool:
    """True when any authorisation of the project names or named this person: such a person never reviews it."""
    return actor.person_id is not None and actor.person_id in (project.members | project.leads | project.named)


def may_see_content(actor: Actor, project: ProjectView, request: RequestFacts) -> bool:
    """Names, forms, findings and previews: the project's people; once signed, reviewers and officers."""
    if actor.person_id is None:
        return False
    if is_member(actor, project):
        return True
    if request.state in {"draft", "signature"} or is_named(actor, project):
        return False
    return actor.has(Role.REVIEWER, Role.SECURITY_OFFICER)


def may_see(actor: Actor, project: ProjectView, request: RequestFacts) -> bool:
    """That the request exists, its state and clocks: also agents and auditors, who see no content."""
    if may_see_content(actor, project, request):
        return True
    return actor.person_id is not None and not is_named(actor, project) and actor.has(Role.AGENT, Role.AUDITOR)


def check_see(actor: Actor, project: ProjectView, request: RequestFacts) -> None:
    if not may_see(actor, project, request):
        raise unknown()


def check_see_content(actor: Actor, project: ProjectView, request: RequestFacts) -> None:
    check_see(actor, project, request)
    if not may_see_content(actor, project, request):
        raise Forbidden("content-denied", "Your role sees that this request exists, not what it holds.", "")


def check_member(actor: Actor, project: ProjectView) -> None:
    """Raise NotFound for a person outside the project: they learn nothing of it."""
    if not is_member(actor, project):
        raise unknown("project")


def check_requester(actor: Actor, request: RequestFacts) -> None:
    if actor.person_id is None or actor.person_id != request.requester_id:
        raise Forbidden("not-requester", "Only the person who made this request may do this.", "Ask them to do it.")


def check_lead(actor: Actor, project: ProjectView) -> None:
    if actor.person_id is None or actor.person_id not in project.leads:
        raise Forbidden(
            "not-lead", "Only the project's lead may sign a submission.", "Ask the lead: it waits on their home page."
        )


def check_reviewer(actor: Actor, project: ProjectView, request: RequestFacts) -> None:
    """A reviewer who is neither the requester nor anyone the project ever named (requirement 3.1.07)."""
    if actor.person_id is not None and (actor.person_id == request.requester_id or is_named(actor, project)):
        raise Forbidden(
            "reviewer-involved",
            "You belong to this project, so you cannot review it.",
            "Another reviewer must claim it.",
        )
    if actor.person_id is None or not actor.has(Role.REVIEWER):
        raise Forbidden("not-reviewer", "Only reviewers may do this.", "The role is granted by two people.")
    if actor.has(Role.AGENT):
        raise Forbidden(
            "duties-separated", "An agent never decides on an output.", "Have one of the two roles withdrawn first."
        )


def check_officer(actor: Actor, project: ProjectView, request: RequestFacts) -> None:
    """A security officer who has nothing to do with the project."""
    if actor.person_id is None or not actor.has(Role.SECURITY_OFFICER):
        raise Forbidden("not-officer", "Only a security officer may do this.", "They are told of it.")
    if actor.person_id == request.requester_id or is_named(actor, project):
        raise Forbidden("officer-involved", "You belong to this project.", "Another security officer must do it.")

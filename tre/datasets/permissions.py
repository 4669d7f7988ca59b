"""Who may: stewards load and approve, never their own work and never for a project of theirs (design §1)."""

from tre.core.errors import Forbidden, NotFound
from tre.core.people import Actor, Role
from tre.datasets.contracts import Authorised


def unknown(what: str) -> NotFound:
    return NotFound(f"{what}-unknown", f"There is no such {what}, or it is not yours to see.", "Check the address.")


def check_steward(actor: Actor) -> str:
    """Return the person's id; raises Forbidden ``not-steward``."""
    if actor.person_id is None or not actor.has(Role.STEWARD):
        raise Forbidden("not-steward", "Only data stewards may do this.", "Ask a data steward.")
    return actor.person_id


def check_outsider(actor: Actor, project: Authorised) -> None:
    """A steward is never one of the project's people."""
    if actor.person_id in project.named | project.members:
        raise Forbidden("steward-involved", "You belong to this project.", "Another data steward must do this.")


def check_other(actor: Actor, first: str, what: str) -> None:
    """A second person: raises Forbidden ``same-person``."""
    if actor.person_id == first:
        raise Forbidden("same-person", f"You {what} it yourself: another steward must approve.", "Ask a colleague.")


def check_proposer(actor: Actor) -> str:
    """Agents propose attachments; a steward may too, and then another steward approves."""
    if actor.person_id is None or not actor.has(Role.AGENT, Role.STEWARD):
        raise Forbidden("not-agent", "Only agents and data stewards propose an attachment.", "Ask an agent.")
    return actor.person_id


def may_see_extracts(actor: Actor, project: Authorised) -> bool:
    """Stewards outside the project, agents and auditors; the project's people see what is locked only."""
    return actor.has(Role.STEWARD, Role.AGENT, Role.AUDITOR) and actor.person_id not in project.named

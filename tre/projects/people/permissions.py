"""Who may act on people and roles, and which roles nobody holds together (design §1)."""

from collections.abc import Collection

from tre.core.errors import Conflict, Forbidden
from tre.core.people import Actor, Role

ADMINISTRATORS = frozenset({Role.AGENT, Role.SECURITY_OFFICER})
# An agent never approves an output nor a dataset; an auditor writes nothing; the officer who lifts an identifier
# finding is a third person beside the two reviewers.
INCOMPATIBLE: tuple[frozenset[Role], ...] = (
    frozenset({Role.AGENT, Role.REVIEWER}),
    frozenset({Role.AGENT, Role.STEWARD}),
    frozenset({Role.AGENT, Role.AUDITOR}),
    frozenset({Role.STEWARD, Role.AUDITOR}),
    frozenset({Role.REVIEWER, Role.AUDITOR}),
    frozenset({Role.SECURITY_OFFICER, Role.AUDITOR}),
    frozenset({Role.SECURITY_OFFICER, Role.REVIEWER}),
    frozenset({Role.AGENT, Role.SECURITY_OFFICER}),
)
# Holders of these are never members of a project: they run the platform, load its data, or look after its traces.
NEVER_MEMBERS = frozenset({Role.AGENT, Role.STEWARD, Role.SECURITY_OFFICER, Role.AUDITOR})


def check_may_administer_people(actor: Actor) -> None:
    """Agents and security officers invite, propose and confirm; raises Forbidden ``role-missing``."""
    if not actor.has(*ADMINISTRATORS):
        raise Forbidden(
            "role-missing", "Only an agent or a security officer may do this.", "Ask one of them to do it for you."
        )


def check_second_person(actor: Actor, first: Collection[str | None]) -> None:
    """The one who confirms is nobody of ``first``; raises Forbidden ``second-person``."""
    if actor.person_id is None or actor.person_id in first:
        raise Forbidden(
            "second-person", "Somebody else has to confirm this.", "Ask another entitled person to confirm it."
        )


def check_compatible(role: Role, held: Collection[Role]) -> None:
    """Raises Conflict ``duties-incompatible`` when ``role`` may not stand beside one that is held."""
    for other in held:
        if frozenset({role, other}) in INCOMPATIBLE:
            raise Conflict(
                "duties-incompatible", f"The role {role} cannot be held together with {other}.",
                "Revoke the other role first, or choose another person.",
            )  # fmt: skip

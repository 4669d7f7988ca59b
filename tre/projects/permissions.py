"""Who may act on projects (design §1, §4). What the state allows is in ``policies``."""

from tre.core.errors import Forbidden
from tre.core.people import Actor, Role
from tre.projects.states import TRANSITIONS, WORKER, Transition, Verb

# They see every project because their duty spans projects; a researcher sees those that name them.
SEE_ALL = frozenset({Role.AGENT, Role.STEWARD, Role.REVIEWER, Role.SECURITY_OFFICER, Role.AUDITOR})
_CONFIRMERS = frozenset({Role.AGENT, Role.SECURITY_OFFICER})


def callers(verb: Verb) -> frozenset[str]:
    """Everybody who may use the verb from some state, by role or ``worker``."""
    return frozenset[str]().union(*(row.who for row in TRANSITIONS if row.verb is verb))


def _is_one_of(actor: Actor, who: frozenset[str]) -> bool:
    if actor.kind == "system":
        return WORKER in who
    return any(role.value in who for role in actor.roles)


def may(actor: Actor, row: Transition) -> bool:
    """True when the row admits the actor."""
    return _is_one_of(actor, row.who)


def check_may_use(actor: Actor, verb: Verb) -> None:
    """Raises Forbidden ``role-missing`` when no state would let this actor use the verb."""
    if not _is_one_of(actor, callers(verb)):
        wanted = " or ".join(sorted(callers(verb)))
        raise Forbidden("role-missing", f"Only {wanted} may do this.", "Ask somebody who holds that role.")


def check_may_record(actor: Actor) -> None:
    """Agents record authorisations; raises Forbidden ``role-missing``."""
    if not actor.has(Role.AGENT):
        raise Forbidden("role-missing", "Only an agent records authorisations.", "Ask an agent.")


def check_may_confirm(actor: Actor, recorded_by: str, named: frozenset[str]) -> None:
    """A second agent or a security officer, who did not record it and is not named in it.

    Raises Forbidden ``role-missing``, ``second-person``, ``own-authorisation``.
    """
    if not actor.has(*_CONFIRMERS):
        raise Forbidden("role-missing", "Only an agent or a security officer confirms.", "Ask one of them.")
    if actor.person_id is None or actor.person_id == recorded_by:
        raise Forbidden("second-person", "The one who recorded it cannot confirm it.", "Ask another agent.")
    if actor.person_id in named:
        raise Forbidden("own-authorisation", "You are named in this authorisation.", "Ask somebody who is not.")


def check_may_freeze(actor: Actor) -> None:
    """Freezing is urgent: one security officer or agent is enough; raises Forbidden ``role-missing``."""
    if actor.kind != "system" and not actor.has(*_CONFIRMERS):
        raise Forbidden("role-missing", "Only a security officer or an agent freezes.", "Call the security officer.")


def check_may_unfreeze(actor: Actor, proposed_by: str | None, first_roles: frozenset[Role]) -> None:
    """A security officer and an agent together (T39): never one person, never two of the same side.

    ``first_roles`` are the roles of the one who proposed, empty for the proposal itself.
    Raises Forbidden ``role-missing``, ``second-person``, ``other-side``.
    """
    if not actor.has(*_CONFIRMERS):
        raise Forbidden("role-missing", "Only a security officer and an agent unfreeze.", "Ask both.")
    if proposed_by is None:
        return
    if actor.person_id is None or actor.person_id == proposed_by:
        raise Forbidden("second-person", "Somebody else has to confirm this.", "Ask the other side to confirm.")
    both = {role for role in _CONFIRMERS if role in actor.roles} | {r for r in first_roles if r in _CONFIRMERS}
    if both != _CONFIRMERS:
        raise Forbidden("other-side", "It takes a security officer and an agent.", "Ask the other side to confirm.")


def sees_all(actor: Actor) -> bool:
    """True for the roles whose duty spans projects, and for parts of ours."""
    return actor.kind == "system" or actor.has(*SEE_ALL)

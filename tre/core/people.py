"""Who acts: the roles of design §1 and the actor of one call."""

from dataclasses import dataclass, field
from enum import StrEnum


class Role(StrEnum):
    """Roles come from the identity provider and take effect once a second person has confirmed them."""

    RESEARCHER = "researcher"
    AGENT = "agent"
    STEWARD = "steward"
    REVIEWER = "reviewer"
    SECURITY_OFFICER = "security-officer"
    AUDITOR = "auditor"
    PRODUCER = "producer"


@dataclass(frozen=True)
class Actor:
    """The person or the part behind one call.

    ``person_id`` is None for a part of ours (``kind`` "system": worker, hub, gateway) and for the public ("anonymous").
    ``roles`` are those in force now, after confirmation; never what a token claims alone.
    """

    kind: str
    label: str
    person_id: str | None = None
    roles: frozenset[Role] = field(default_factory=frozenset)
    address: str | None = None
    request_id: str | None = None

    def has(self, *wanted: Role) -> bool:
        """True when the actor holds at least one of the roles."""
        return not self.roles.isdisjoint(wanted)


def system(label: str) -> Actor:
    """A part of ours, such as ``system("worker")``."""
    return Actor(kind="system", label=label)


ANONYMOUS = Actor(kind="anonymous", label="public")

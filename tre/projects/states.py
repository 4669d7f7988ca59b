"""The life of a project, as data: one table from which the checks, the documentation's diagram and a test are made.

Source: design §4. Freezing is a flag of its own, not a state: resuming a project does not clear it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from tre.core.errors import Conflict


class State(StrEnum):
    DRAFT = "draft"
    AUTHORISED = "authorised"
    PROVISIONING = "provisioning"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    CLOSING = "closing"
    CLOSED = "closed"
    ARCHIVED = "archived"
    FAILED = "failed"


class Verb(StrEnum):
    CONFIRM = "confirm"
    PROVISION = "provision"
    ACTIVATE = "activate"
    FAIL = "fail"
    SUSPEND = "suspend"
    RESUME = "resume"
    ANNOUNCE_CLOSING = "announce_closing"
    CLOSE = "close"
    DESTROYED = "destroyed"
    ARCHIVE = "archive"
    ABANDON = "abandon"


WORKER = "worker"  # the part of ours that acts on dates and finishes procedures


@dataclass(frozen=True)
class Transition:
    """``source`` –``verb``→ ``target``: who may, what must hold (``policies.GUARDS``), what it brings about."""

    source: State
    target: State
    verb: Verb
    who: frozenset[str]
    guards: tuple[str, ...] = ()
    effects: tuple[str, ...] = ()


def _row(arrow: tuple[State, Verb, State], who: str, guards: str = "", effects: str = "") -> Transition:
    source, verb, target = arrow
    return Transition(source, target, verb, frozenset(who.split()), tuple(guards.split()), tuple(effects.split()))


_S, _V = State, Verb
_STOP = "sessions-end credentials-die"
TRANSITIONS: tuple[Transition, ...] = (
    _row((_S.DRAFT, _V.CONFIRM, _S.AUTHORISED), "agent security-officer", "second-person authorisation-proposed"),
    _row((_S.DRAFT, _V.ABANDON, _S.CLOSED), "agent"),
    _row((_S.AUTHORISED, _V.PROVISION, _S.PROVISIONING), "agent",
         "authorisation-in-force not-frozen capacity-acknowledged", "provision-steps"),
    _row((_S.AUTHORISED, _V.ABANDON, _S.CLOSED), "agent"),
    _row((_S.FAILED, _V.PROVISION, _S.PROVISIONING), "agent",
         "authorisation-in-force not-frozen capacity-acknowledged", "provision-steps"),
    _row((_S.FAILED, _V.ABANDON, _S.CLOSED), "agent"),
    _row((_S.PROVISIONING, _V.ACTIVATE, _S.ACTIVE), WORKER, "authorisation-in-force not-frozen steps-done"),
    _row((_S.PROVISIONING, _V.FAIL, _S.FAILED), WORKER, "", "everything-undone"),
    _row((_S.ACTIVE, _V.SUSPEND, _S.SUSPENDED), f"agent security-officer {WORKER}", "", _STOP),
    _row((_S.SUSPENDED, _V.RESUME, _S.ACTIVE), f"agent {WORKER}", "authorisation-in-force"),
    _row((_S.ACTIVE, _V.ANNOUNCE_CLOSING, _S.ACTIVE), f"agent {WORKER}", "", "people-told"),
    _row((_S.SUSPENDED, _V.ANNOUNCE_CLOSING, _S.SUSPENDED), f"agent {WORKER}", "", "people-told"),
    _row((_S.ACTIVE, _V.CLOSE, _S.CLOSING), f"agent {WORKER}", "last-export-passed",
         f"requests-withdrawn {_STOP} close-steps"),
    _row((_S.SUSPENDED, _V.CLOSE, _S.CLOSING), f"agent {WORKER}", "last-export-passed",
         f"requests-withdrawn {_STOP} close-steps"),
    _row((_S.CLOSING, _V.DESTROYED, _S.CLOSED), WORKER, "steps-done certificate-issued"),
    _row((_S.CLOSED, _V.ARCHIVE, _S.ARCHIVED), f"agent {WORKER}", "certificate-issued backups-expired"),
)  # fmt: skip

_BY_PAIR = {(t.source, t.verb): t for t in TRANSITIONS}
# A project in these states has objects in the world that must be kept equal to what is rendered.
RECONCILED = frozenset({State.ACTIVE, State.SUSPENDED})
# A procedure is under way: what is there is neither whole nor drift.
MOVING = frozenset({State.PROVISIONING, State.CLOSING})
FINAL = frozenset({State.ARCHIVED})


def transition(state: State, verb: Verb) -> Transition:
    """The row for this pair; raises Conflict ``transition-refused`` naming what is possible from here."""
    row = _BY_PAIR.get((state, verb))
    if row is None:
        possible = ", ".join(sorted({t.verb for t in TRANSITIONS if t.source is state})) or "nothing more"
        raise Conflict(
            "transition-refused",
            f"A project that is {state} cannot {verb.replace('_', ' ')}.",
            f"From here: {possible}.",
        )
    return row


def mermaid() -> Iterator[str]:
    """The table as a Mermaid state diagram, line by line (docs/lifecycle.md is made from it)."""
    yield "stateDiagram-v2"
    yield f"    [*] --> {State.DRAFT}: propose"
    for row in TRANSITIONS:
        yield f"    {row.source} --> {row.target}: {row.verb.replace('_', ' ')}"
    for state in FINAL:
        yield f"    {state} --> [*]"

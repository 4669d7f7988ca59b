"""Procedures as ordered steps with rows: what provisioning, undoing and closing consist of (design §4).

A step's action is idempotent, so a step that a crash left "running" is simply run again: afterwards there is exactly
one of each thing. A procedure without a limit of attempts (undo, close) is tried until it succeeds.
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class Status(StrEnum):
    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"  # for good: the procedure is undone


@dataclass(frozen=True)
class Procedure:
    """Names of steps in their order; ``attempts`` of one step before it has failed for good, None for never."""

    name: str
    steps: tuple[str, ...]
    attempts: int | None = None


# The key comes first because buckets are encrypted under it; people come in last, after the denial probe.
PROVISION = Procedure("provision", ("capacity", "vault", "objectstore", "kubernetes", "isolation"), attempts=8)
UNDO = Procedure("undo", ("kubernetes", "objectstore", "vault", "residue", "key"))
# The key goes last, so that whatever a step missed is unreadable; the certificate tells of the key's end too.
CLOSE = Procedure(
    "close",
    ("sessions", "requests", "archive", "kubernetes", "objectstore", "vault", "residue", "key", "certificate"),
)
PROCEDURES = {procedure.name: procedure for procedure in (PROVISION, UNDO, CLOSE)}

_FIRST_DELAY, _LONGEST_DELAY = 1.0, 60.0


def retry_delay(attempts: int) -> timedelta:
    """How long to wait after the n-th failed attempt: 1, 2, 4 … at most 60 seconds."""
    return timedelta(seconds=min(_LONGEST_DELAY, _FIRST_DELAY * 2 ** max(0, attempts - 1)))

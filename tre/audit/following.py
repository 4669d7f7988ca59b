"""What a witness checks before it signs beside us.

A witness runs outside the administration of this cluster. It remembers the last checkpoint that it saw and signs a
newer one only when that one contains the older; so nobody, we included, can show two logs without its noticing.
"""

from dataclasses import dataclass

from tre.audit.checkpoint import Checkpoint, open_checkpoint
from tre.audit.tree import verify_consistency
from tre.audit.verify import Keys
from tre.core.errors import Conflict


@dataclass(frozen=True)
class Seen:
    """The last checkpoint that a witness signed."""

    size: int = 0
    root: bytes = b""


def advance(seen: Seen, note: str, proof: list[bytes], keys: Keys) -> Seen:
    """What the witness has seen after this checkpoint.

    Raises Invalid for a checkpoint that the log did not sign, Conflict ``log-rolled-back`` when it is smaller than one
    seen before, and Conflict ``log-forked`` when it does not contain it.
    """
    point = open_checkpoint(note, keys)
    if point.size < seen.size:
        message = f"The log shows {point.size} events; it had shown {seen.size}."
        raise Conflict("log-rolled-back", message, "Tell the auditors; keep both checkpoints.")
    if seen.size and not verify_consistency(seen.size, point.size, seen.root, point.root, proof):
        message = f"The checkpoint of {point.size} events does not contain the {seen.size} that were shown before."
        raise Conflict("log-forked", message, "Tell the auditors; keep both checkpoints.")
    return Seen(point.size, point.root)


def describe(point: Checkpoint) -> str:
    """A checkpoint in a line, for a witness's own log."""
    return f"{point.origin}: {point.size} events at {point.at}"

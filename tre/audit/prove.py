"""The proof of one event: a small file that shows offline that the log held it when a checkpoint was signed."""

import base64
import binascii
import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from tre.audit import store
from tre.audit.checkpoint import Checkpoint, open_checkpoint
from tre.audit.models import CheckpointRow, EventRow, LeafRow
from tre.audit.tree import HASH_SIZE, inclusion_proof, leaf_hash, verify_inclusion
from tre.audit.verify import Keys
from tre.core.errors import Conflict, Invalid, NotFound

FORMAT = "tre-log-proof/1"


@dataclass(frozen=True)
class Proof:
    """``body`` is the event as hashed; ``note`` the signed checkpoint over ``size`` events that ``path`` leads to."""

    body: str
    position: int
    size: int
    root: bytes
    path: list[bytes]
    note: str

    def to_json(self) -> dict[str, Any]:
        """As handed out, under 2 kB at ten million events: ``proof`` is the path's hashes joined, from the leaf up."""
        return {
            "format": FORMAT, "position": self.position, "size": self.size, "root": _b64(self.root),
            "proof": _b64(b"".join(self.path)), "checkpoint": self.note, "body": self.body,
        }  # fmt: skip


def prove(session: Session, event_id: str) -> Proof:
    """The proof of an event against the newest checkpoint.

    Raises NotFound ``event-unknown``, or Conflict ``event-unsealed`` while no checkpoint covers it yet.
    """
    row = session.execute(
        select(EventRow.body, LeafRow.position)
        .outerjoin(LeafRow, LeafRow.event_seq == EventRow.seq)
        .where(EventRow.event_id == event_id)
    ).first()
    if row is None:
        raise NotFound("event-unknown", "There is no such event.", "Search the events.")
    point = session.scalar(select(CheckpointRow).order_by(CheckpointRow.seq.desc()).limit(1))
    if row.position is None or point is None or row.position >= point.size:
        raise Conflict("event-unsealed", "No checkpoint covers this event yet.", "Ask again in a minute.")
    path = inclusion_proof(store.nodes(session), row.position, point.size)
    return Proof(row.body.decode(), row.position, point.size, point.root, path, point.note)


def read_proof(text: str) -> Proof:
    """A proof from its JSON; raises Invalid ``audit-proof-invalid``."""
    try:
        data = json.loads(text)
        if data["format"] != FORMAT:
            raise ValueError("another format")
        joined = base64.b64decode(data["proof"], validate=True)
        path = [joined[i : i + HASH_SIZE] for i in range(0, len(joined), HASH_SIZE)]
        root = base64.b64decode(data["root"], validate=True)
        return Proof(str(data["body"]), int(data["position"]), int(data["size"]), root, path, str(data["checkpoint"]))
    except (KeyError, TypeError, ValueError, binascii.Error) as error:
        raise Invalid(
            "audit-proof-invalid", "This is no proof of an event.", "Give what `tre audit prove` wrote."
        ) from error


def verify_proof(proof: Proof, keys: Keys) -> Checkpoint:
    """The checkpoint that vouches for the event.

    Raises Invalid: ``checkpoint-signature``, ``checkpoint-malformed``, or ``audit-proof-wrong`` when the event is not
    where the proof says.
    """
    point = open_checkpoint(proof.note, keys)
    if (point.size, point.root) != (proof.size, proof.root) or not verify_inclusion(
        leaf_hash(proof.body.encode()), proof.position, point.size, proof.path, point.root
    ):
        raise Invalid("audit-proof-wrong", "The proof does not lead from this event to the signed root.")
    return point


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode()

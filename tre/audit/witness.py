"""What we keep of witnesses' signatures, and how far each has followed (their own side: following.py)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tre.audit.checkpoint import open_checkpoint, signed_by
from tre.audit.keys import read_keys
from tre.audit.models import CheckpointRow, CosignatureRow
from tre.audit.verify import Keys
from tre.core.errors import Forbidden, Invalid

WITNESSES = "witnesses.txt"  # beside the policies: verifier keys of the witnesses, one a line


def known_witnesses(policies: Path) -> list[tuple[str, bytes]]:
    """The witnesses whose signatures are kept; none when no file names them."""
    file = policies / WITNESSES
    lines = [line for line in file.read_text().splitlines() if line.strip()] if file.is_file() else []
    named = [line for line in lines if not line.startswith("#")]
    return read_keys("\n".join(named)) if named else []


def keep_cosignature(session: Session, note: str, keys: Keys, witnesses: Keys, now: datetime) -> str:
    """Keep a checkpoint of ours that a known witness signed; returns the witness's name.

    Raises Forbidden ``witness-unknown``, or Invalid when it is no checkpoint of ours.
    """
    point = open_checkpoint(note, keys)
    name = next((name for name, key in witnesses if signed_by(note, name, key)), None)
    if name is None:
        raise Forbidden("witness-unknown", "No known witness signed this.", f"Have its key added to {WITNESSES}.")
    known = select(CheckpointRow.root).where(CheckpointRow.size == point.size).limit(1)
    if session.scalar(known) != point.root:
        raise Invalid("checkpoint-unknown", "This is no checkpoint that we signed.")
    newest = session.scalar(select(func.max(CosignatureRow.size)).where(CosignatureRow.name == name))
    if newest is None or point.size > newest:
        session.add(CosignatureRow(name=name, size=point.size, at=now, note=note))
    return name


@dataclass(frozen=True)
class Standing:
    """How far a witness has followed; ``size`` and ``at`` are None for one that never signed."""

    name: str
    size: int | None
    at: datetime | None


def standing(session: Session, witnesses: Keys) -> list[Standing]:
    """Every known witness and its newest signature, for the pages and the readiness of the log."""
    rows = session.execute(
        select(CosignatureRow.name, func.max(CosignatureRow.size), func.max(CosignatureRow.at)).group_by(
            CosignatureRow.name
        )
    ).all()
    told = {name: (size, at) for name, size, at in rows}
    return [Standing(name, *told.get(name, (None, None))) for name, _ in witnesses]


def cosigned_notes(session: Session) -> Iterable[tuple[str, str]]:
    """Name and note of each kept signature, for the export."""
    for row in session.scalars(select(CosignatureRow).order_by(CosignatureRow.seq)):
        yield f"witness {row.name} {row.size:020d}", row.note

"""The daily archive: yesterday's events, leaves, checkpoints and signed manifest, locked in the audit bucket.

Days are found from the checkpoints and from what the bucket already holds, so a worker that was away for three days
seals three days, late, and says so. Nothing is sealed that does not lead to the root signed at the time.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from hashlib import sha256
from tempfile import TemporaryFile
from typing import BinaryIO, Protocol, cast

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from tre.audit import store
from tre.audit.checkpoint import Signer
from tre.audit.days import Manifest, due, sign_manifest
from tre.audit.events import AuditEvent, Json
from tre.audit.export import Found
from tre.audit.models import CheckpointRow
from tre.audit.purged import line_leaf
from tre.audit.seal import BUCKET
from tre.audit.service import record
from tre.audit.tree import Frontier
from tre.core.clock import Clock, iso, system_clock
from tre.core.errors import Conflict, TreError
from tre.core.people import system
from tre.db.session import Database

PREFIX = "days/"
_LOCK = 0x7472_6564
_SETTLE = timedelta(minutes=2)  # after midnight: a checkpoint of the last second may still be on its way to its commit
_ARCHIVER = system("archive")


class Shelf(Protocol):
    """The locked bucket."""

    def put(self, bucket: str, key: str, data: bytes | BinaryIO, size: int | None = None) -> str: ...
    def originals(self, bucket: str, prefix: str = "") -> Iterable[Found]: ...


@dataclass(frozen=True)
class Range:
    """A day's events [first, end), and the root signed at ``end``."""

    first: int
    end: int
    root: bytes


@dataclass
class Archiver:
    """Call ``tick`` every minute or so; it does nothing when every past day is sealed."""

    database: Database
    signer: Signer
    shelf: Shelf
    origin: str
    clock: Clock = system_clock
    _done: set[date] = field(default_factory=set)
    _failed: set[date] = field(default_factory=set)

    def tick(self) -> list[date]:
        """Seal every past day that is not; returns them. Records ``audit.day-sealed``, or ``audit.day-late`` and
        ``audit.day-failed``; raises the failure after recording it once."""
        days = self._missing()
        for day in days:
            try:
                self._archive(day)
            except TreError as error:
                self._tell_failure(day, error)
                raise
            self._done.add(day)
        return days

    def _missing(self) -> list[date]:
        with self.database.transaction() as session:
            begun = session.scalar(select(func.min(CheckpointRow.at)))
        if begun is None:
            return []
        today = (self.clock().astimezone(UTC) - _SETTLE).date()
        first = begun.astimezone(UTC).date()
        days = [first + timedelta(days=i) for i in range((today - first).days)]
        if any(day not in self._done for day in days):
            self._done |= sealed_days(self.shelf)
        return [day for day in days if day not in self._done]

    def _archive(self, day: date) -> None:
        with self.database.transaction() as session:
            if not session.scalar(text("SELECT pg_try_advisory_xact_lock(:key)"), {"key": _LOCK}):
                raise Conflict("archive-busy", "Another worker is sealing a day.", "It is tried again by itself.")
            span = day_range(session, day)
            manifest = self._shelve(session, day, span)
            action = "audit.day-late" if manifest.late() else "audit.day-sealed"
            detail: dict[str, Json] = {"day": day.isoformat(), "first": span.first, "end": span.end}
            record(session, AuditEvent(action, _ARCHIVER, target=day.isoformat(), detail=detail), self.clock)

    def _shelve(self, session: Session, day: date, span: Range) -> Manifest:
        """Write the day; its manifest last: it says that the rest is there."""
        tree = store.nodes(session).frontier(span.first)
        frontier, leaves, digest = tuple(tree.roots), bytearray(), sha256()
        with TemporaryFile(prefix="tre-day-") as lines:
            for body in store.bodies(session, span.first, span.end):
                line = body + b"\n"
                leaf = line_leaf(body)
                tree.append(leaf)
                leaves += leaf
                digest.update(line)
                lines.write(line)
            _check(tree, span)
            size = lines.tell()
            lines.seek(0)
            self.shelf.put(BUCKET, f"{PREFIX}{day}/events.jsonl", cast(BinaryIO, lines), size)
        self.shelf.put(BUCKET, f"{PREFIX}{day}/leaves.bin", bytes(leaves))
        self.shelf.put(BUCKET, f"{PREFIX}{day}/checkpoints.jsonl", _notes(session, day))
        manifest = Manifest(
            self.origin, day, span.first, span.end, digest.hexdigest(), sha256(leaves).hexdigest(), frontier,
            span.root, iso(self.clock()),
        )  # fmt: skip
        self.shelf.put(BUCKET, f"{PREFIX}{day}/manifest.txt", sign_manifest(manifest, self.signer).encode())
        return manifest

    def _tell_failure(self, day: date, error: TreError) -> None:
        if day in self._failed or error.code == "archive-busy" or self.clock() <= due(day):
            return  # a passing failure before the term is no news; after it, it is told once
        self._failed.add(day)
        detail: dict[str, Json] = {"day": day.isoformat(), "code": error.code}
        event = AuditEvent("audit.day-failed", _ARCHIVER, target=day.isoformat(), outcome="failed", detail=detail)
        with self.database.transaction() as session:
            record(session, event, self.clock)


def sealed_days(shelf: Shelf) -> set[date]:
    """The days that the bucket holds a manifest of."""
    names = [found.key.removeprefix(PREFIX).split("/") for found in shelf.originals(BUCKET, PREFIX)]
    return {date.fromisoformat(day) for day, name in names if name == "manifest.txt"}


def day_range(session: Session, day: date) -> Range:
    """The events that the day's checkpoints sealed."""
    midnight = datetime.combine(day, time.min, UTC)
    before, last = (_last_before(session, at) for at in (midnight, midnight + timedelta(days=1)))
    if last is None:
        raise Conflict("archive-empty", f"The log had not begun on {day}.")
    return Range(before.size if before else 0, last.size, last.root)


def _last_before(session: Session, at: datetime) -> CheckpointRow | None:
    query = select(CheckpointRow).where(CheckpointRow.at < at)
    return session.scalar(query.order_by(CheckpointRow.size.desc(), CheckpointRow.seq.desc()).limit(1))


def _check(tree: Frontier, span: Range) -> None:
    if tree.size != span.end or tree.root() != span.root:
        raise Conflict(
            "log-changed", f"Events {span.first} to {span.end - 1} do not lead to the root that was signed.",
            "Keep the database as it is, and run `tre audit verify` on an export.",
        )  # fmt: skip


def _notes(session: Session, day: date) -> bytes:
    midnight = datetime.combine(day, time.min, UTC)
    query = select(CheckpointRow.note).where(
        CheckpointRow.at >= midnight, CheckpointRow.at < midnight + timedelta(days=1)
    )
    return b"".join(json.dumps(note).encode() + b"\n" for note in session.scalars(query.order_by(CheckpointRow.seq)))

"""The bundle an auditor takes away, as a tar stream: events from the database, leaves and checkpoints from the locked
bucket. What comes from where matters: the bucket's objects cannot be changed, so they convict a changed database.
"""

import json
import tarfile
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Protocol

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tre.audit import store
from tre.audit.bundle import CHECKPOINTS, DAYS, EVENTS, KEY, LEAVES, UNSEALED
from tre.audit.models import EventRow, LeafRow, TombstoneRow
from tre.audit.purged import Tombstone
from tre.audit.seal import BUCKET
from tre.audit.tree import HASH_SIZE
from tre.audit.witness import cosigned_notes
from tre.db.session import Database

_BLOCK = 512
_READERS = 8
_CHUNK = 2_000
_OBJECT_LIMIT = 2 << 30  # leaves of a day with sixty million events


class Found(Protocol):
    """One object of the bucket."""

    @property
    def key(self) -> str: ...
    @property
    def version_id(self) -> str | None: ...


class Shelf(Protocol):
    """The locked bucket, read by first versions: an object written over an older one does not hide it."""

    def originals(self, bucket: str, prefix: str = "") -> Iterable[Found]: ...
    def get(self, bucket: str, key: str, version_id: str | None = None, max_bytes: int = ...) -> bytes: ...


@dataclass(frozen=True)
class Shelved:
    """What the locked bucket holds of the log: ``notes`` are checkpoints by a name that sorts by time, ``days`` the
    signed manifests of sealed days."""

    leaves: bytes
    notes: dict[str, str]
    days: dict[str, str]


def read_shelf(shelf: Shelf, today: date) -> Shelved:
    """Sealed days as wholes, and what came since one by one."""
    days = _names(shelf.originals(BUCKET, "days/"))
    sealed = {day for day, name in days if name == "manifest.txt"}
    recent = [found for prefix in _unsealed_prefixes(sealed, today) for found in shelf.originals(BUCKET, prefix)]
    wanted = [(day, name) for day, name in days if day in sealed and name != "events.jsonl"]
    with ThreadPoolExecutor(_READERS) as pool:
        read = dict(zip(wanted, pool.map(lambda key: _fetch(shelf, days[key]), wanted), strict=True))
        single = dict(zip((f.key for f in recent), pool.map(lambda f: _fetch(shelf, f), recent), strict=True))
    notes = {f"{day} {i:06d}": json.loads(line) for (day, name), data in read.items()
             if name == "checkpoints.jsonl" for i, line in enumerate(data.splitlines())}  # fmt: skip
    notes |= {key.split("/", 1)[1]: data.decode() for key, data in single.items() if key.startswith("checkpoints/")}
    manifests = {day: data.decode() for (day, name), data in sorted(read.items()) if name == "manifest.txt"}
    parts = [(_first(manifests[day]), data) for (day, name), data in read.items() if name == "leaves.bin"]
    parts += [(_start(key), data) for key, data in single.items() if key.startswith("leaves/")]
    return Shelved(join_leaves(parts), dict(sorted(notes.items())), manifests)


def _names(found: Iterable[Found]) -> dict[tuple[str, str], Found]:
    """Objects of sealed days by (day, name)."""
    return {(day, name): one for one in found for _, day, name in [one.key.split("/", 2)]}


def _unsealed_prefixes(sealed: set[str], today: date) -> list[str]:
    """Where the objects are that no sealed day holds yet."""
    if not sealed:
        return ["leaves/", "checkpoints/"]
    first = date.fromisoformat(min(sealed))
    days = [str(first + timedelta(days=i)) for i in range((today - first).days + 2)]
    return [f"{kind}/{day}/" for day in days if day not in sealed for kind in ("leaves", "checkpoints")]


def _fetch(shelf: Shelf, found: Found) -> bytes:
    return shelf.get(BUCKET, found.key, found.version_id, _OBJECT_LIMIT)


def _first(manifest: str) -> int:
    return next(int(line[6:]) for line in manifest.splitlines() if line.startswith("first "))


def _start(key: str) -> int:
    return int(key.rsplit("/", 1)[1].split("-", 1)[0])


def join_leaves(parts: list[tuple[int, bytes]]) -> bytes:
    """Leaf hashes from 0 on. Parts may overlap (a sealer that was killed shelves the same places again); what came
    first counts, and the joining stops at a gap: verification tells how far the leaves reach."""
    joined = bytearray()
    for start, part in sorted(parts, key=lambda p: p[0]):
        offset = len(joined) - start * HASH_SIZE
        if offset < 0:
            break
        joined += part[offset:]
    return bytes(joined)


def export_bundle(database: Database, shelf: Shelf, keys: list[str], now: datetime) -> Iterator[bytes]:
    """The bundle as the bytes of a tar archive; streams, so that its size does not matter."""
    shelved = read_shelf(shelf, now.date())
    with database.transaction() as session:
        size = store.sealed_size(session)
        shelved.notes.update(cosigned_notes(session))
        length = _length(session, size)
    mtime = int(now.timestamp())
    yield from _member(KEY, b"".join(key.encode() + b"\n" for key in keys), mtime)
    yield from _member(CHECKPOINTS, _note_lines(shelved.notes), mtime)
    for day, manifest in shelved.days.items():
        yield from _member(f"{DAYS}/{day}.txt", manifest.encode(), mtime)
    yield from _member(LEAVES, shelved.leaves, mtime)
    yield _header(EVENTS, length, mtime)
    yield from _events(database, size)
    yield b"\0" * (-length % _BLOCK)
    yield from _member(UNSEALED, _unsealed(database, size), mtime)
    yield b"\0" * 2 * _BLOCK


def _note_lines(notes: dict[str, str]) -> bytes:
    return b"".join(json.dumps({"name": name, "note": note}).encode() + b"\n" for name, note in notes.items())


def _length(session: Session, size: int) -> int:
    """Bytes of events.jsonl, which a tar archive tells before the file."""
    joined = select(func.sum(func.octet_length(EventRow.body) + 1)).join(LeafRow, LeafRow.event_seq == EventRow.seq)
    events = session.scalar(joined.where(LeafRow.position < size)) or 0
    stones = session.scalars(select(TombstoneRow).where(TombstoneRow.position < size))
    return int(events) + sum(len(Tombstone(s.position, s.leaf_hash, s.purge).line()) + 1 for s in stones)


def _events(database: Database, size: int) -> Iterator[bytes]:
    with database.transaction() as session:
        for start in range(0, size, _CHUNK):
            yield b"".join(line + b"\n" for line in store.bodies(session, start, min(start + _CHUNK, size)))


def _unsealed(database: Database, size: int) -> bytes:
    """Events that had no place when the export began; those that got one meanwhile are still told here."""
    with database.transaction() as session:
        place = select(LeafRow.event_seq).where(LeafRow.event_seq == EventRow.seq, LeafRow.position < size)
        rows = session.scalars(select(EventRow.body).where(~place.exists()).order_by(EventRow.seq)).all()
    return b"".join(body + b"\n" for body in rows)


def _member(name: str, data: bytes, mtime: int) -> Iterator[bytes]:
    yield _header(name, len(data), mtime)
    yield data + b"\0" * (-len(data) % _BLOCK)


def _header(name: str, size: int, mtime: int) -> bytes:
    info = tarfile.TarInfo(name)
    info.size, info.mtime, info.mode = size, mtime, 0o600
    return info.tobuf(tarfile.GNU_FORMAT)

"""The bundle an auditor takes away, as a tar stream: events from the database, leaves and checkpoints from the locked
bucket. What comes from where matters: the bucket's objects cannot be changed, so they convict a changed database.
"""

import tarfile
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sqlalchemy import Select, func, select

from tre.audit import store
from tre.audit.bundle import CHECKPOINTS, EVENTS, KEY, LEAVES, UNSEALED
from tre.audit.models import EventRow, LeafRow
from tre.audit.seal import BUCKET
from tre.audit.tree import HASH_SIZE
from tre.db.session import Database

_BLOCK = 512
_READERS = 8
_CHUNK = 2_000
_OBJECT_LIMIT = 64 << 20


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
    """What the locked bucket holds of the log."""

    leaves: bytes
    checkpoints: dict[str, bytes]


def read_shelf(shelf: Shelf) -> Shelved:
    """Leaves joined in order, and checkpoints by a name that sorts by size."""
    leaf_keys = list(shelf.originals(BUCKET, "leaves/"))
    note_keys = list(shelf.originals(BUCKET, "checkpoints/"))
    with ThreadPoolExecutor(_READERS) as pool:
        parts = list(pool.map(lambda found: _fetch(shelf, found), leaf_keys))
        notes = list(pool.map(lambda found: _fetch(shelf, found), note_keys))
    joined = join_leaves([(_start(found.key), part) for found, part in zip(leaf_keys, parts, strict=True)])
    return Shelved(joined, {_name(found.key): note for found, note in zip(note_keys, notes, strict=True)})


def _fetch(shelf: Shelf, found: Found) -> bytes:
    return shelf.get(BUCKET, found.key, found.version_id, _OBJECT_LIMIT)


def _start(key: str) -> int:
    return int(key.rsplit("/", 1)[1].split("-", 1)[0])


def _name(key: str) -> str:
    return key.rsplit("/", 1)[1].replace(":", "") + ".txt"


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
    shelved = read_shelf(shelf)
    with database.transaction() as session:
        size = store.sealed_size(session)
        length = session.scalar(_sealed(size).with_only_columns(func.sum(func.octet_length(EventRow.body) + 1))) or 0
    mtime = int(now.timestamp())
    yield from _member(KEY, b"".join(key.encode() + b"\n" for key in keys), mtime)
    for name, note in shelved.checkpoints.items():
        yield from _member(f"{CHECKPOINTS}/{name}", note, mtime)
    yield from _member(LEAVES, shelved.leaves, mtime)
    yield _header(EVENTS, int(length), mtime)
    yield from _events(database, size)
    yield b"\0" * (-int(length) % _BLOCK)
    yield from _member(UNSEALED, _unsealed(database, size), mtime)
    yield b"\0" * 2 * _BLOCK


def _sealed(size: int) -> Select[bytes]:
    joined = select(EventRow.body).join(LeafRow, LeafRow.event_seq == EventRow.seq)
    return joined.where(LeafRow.position < size)


def _events(database: Database, size: int) -> Iterator[bytes]:
    for start in range(0, size, _CHUNK):
        query = _sealed(size).where(LeafRow.position >= start, LeafRow.position < start + _CHUNK)
        with database.transaction() as session:
            bodies = session.scalars(query.order_by(LeafRow.position)).all()
        yield b"".join(body + b"\n" for body in bodies)


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

"""The one sealer: gives events their place in the tree, signs checkpoints, keeps both in the locked bucket.

It connects as `tre_sealer`, which can only add leaves, tiles and checkpoints. It refuses to go on when what the
database holds is not what it signed before: a changed past is never signed over.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import BinaryIO, Protocol

from sqlalchemy import insert, text
from sqlalchemy.orm import Session

from tre.audit import store
from tre.audit.checkpoint import Checkpoint, Signer, open_checkpoint, sign_checkpoint
from tre.audit.models import CheckpointRow, LeafRow, TileRow
from tre.audit.tree import HASH_SIZE, TILE_WIDTH, Frontier, leaf_hash, perfect_root
from tre.core.clock import Clock, iso, system_clock
from tre.core.errors import Conflict
from tre.db.session import Database

BUCKET = "tre-audit"
_LOCK = 0x7472_6561  # one sealer at a time, whatever number of workers runs
_BATCH = 5_000


class Shelf(Protocol):
    """The locked bucket; an object once put cannot be changed before its term."""

    def put(self, bucket: str, key: str, data: bytes | BinaryIO, size: int | None = None) -> str: ...


@dataclass
class Sealer:
    """Call ``tick`` about once a second. ``sign_every`` seconds at most pass between checkpoints while events come,
    ``idle_every`` while none do."""

    database: Database
    signer: Signer
    shelf: Shelf
    origin: str
    clock: Clock = system_clock
    sign_every: float = 5.0
    idle_every: float = 60.0
    _tree: Frontier | None = None
    _signed_at: datetime | None = None
    _signed_size: int = 0
    _unshelved: list[bytes] = field(default_factory=list)

    def tick(self) -> int:
        """Seal what waits and sign when it is time; returns the number of events sealed.

        Raises Conflict ``log-changed`` when leaves no longer lead to the last signed root.
        """
        with self.database.transaction() as session:
            if not session.scalar(text("SELECT pg_try_advisory_xact_lock(:key)"), {"key": _LOCK}):
                return 0
            tree = self._resume(session)
            fresh = self._append(session, tree)
            note = self._checkpoint(tree)
            if note is not None:
                # Shelved before the commit: were it lost, the same events would get the same places again, because
                # their order is final, so what the shelf holds is true either way; the other way round a crash
                # would leave a signed size without its leaves.
                self._shelve(note, self._unshelved + fresh)
                session.add(note)
        self._commit(tree, fresh, note)
        return len(fresh)

    def _commit(self, tree: Frontier, fresh: list[bytes], note: CheckpointRow | None) -> None:
        """Remember what is now committed; after a failed commit the next tick reads the database again."""
        self._tree = tree
        self._unshelved.extend(fresh)
        if note is not None:
            self._signed_size, self._signed_at, self._unshelved = note.size, note.at, []

    def _resume(self, session: Session) -> Frontier:
        size = store.sealed_size(session)
        if self._tree is not None and self._tree.size == size:
            return self._tree.copy()
        nodes, last = store.nodes(session), store.last_checkpoint(session)
        if last is not None:
            signed = open_checkpoint(last.note, [(self.origin, key) for key in self.signer.public_keys])
            if signed.size > size or nodes.frontier(signed.size).root() != signed.root:
                raise Conflict(
                    "log-changed", f"The log's leaves do not lead to its signed root of {signed.size} events.",
                    "Stop, keep the database as it is, and run `tre audit verify` on the locked bucket's copy.",
                )  # fmt: skip
            self._signed_size, self._signed_at = signed.size, last.at
            self._unshelved = [] if signed.size == size else nodes.leaves(signed.size, size - signed.size)
        return nodes.frontier(size)

    def _append(self, session: Session, tree: Frontier) -> list[bytes]:
        events, start = store.unsealed(session, _BATCH), tree.size
        hashes = [leaf_hash(event.body) for event in events]
        if not hashes:
            return []
        session.execute(
            insert(LeafRow),
            [
                {"position": start + i, "event_seq": event.seq, "leaf_hash": leaf}
                for i, (event, leaf) in enumerate(zip(events, hashes, strict=True))
            ],
        )
        for leaf in hashes:
            tree.append(leaf)
        _write_tiles(session, start, tree.size)
        return hashes

    def _checkpoint(self, tree: Frontier) -> CheckpointRow | None:
        now = self.clock()
        age = (now - self._signed_at).total_seconds() if self._signed_at else float("inf")
        due = self.sign_every if tree.size > self._signed_size else self.idle_every
        if tree.size == 0 or 0 <= age < due:  # a clock that went back signs at once, and verification names it
            return None
        note = sign_checkpoint(Checkpoint(self.origin, tree.size, tree.root(), iso(now)), self.signer)
        return CheckpointRow(size=tree.size, root=tree.root(), at=now, note=note)

    def _shelve(self, row: CheckpointRow, leaves: list[bytes]) -> None:
        """Put the checkpoint, and the leaves since the last one, where nobody can change them."""
        if leaves:
            self.shelf.put(
                BUCKET, f"leaves/{row.at:%Y-%m-%d}/{row.size - len(leaves):020d}-{row.size:020d}", b"".join(leaves)
            )
        self.shelf.put(BUCKET, f"checkpoints/{row.at:%Y-%m-%d}/{row.size:020d}-{iso(row.at)}", row.note.encode())


def _write_tiles(session: Session, old: int, new: int) -> None:
    """Write the tiles that became full between two sizes, lowest level first."""
    nodes = store.nodes(session)
    width, level = 1, 0
    while new // (width * TILE_WIDTH) > old // (width * TILE_WIDTH):
        for position in range(old // (width * TILE_WIDTH), new // (width * TILE_WIDTH)):
            hashes = _tile(session, level, position) if level else nodes.leaves(position * TILE_WIDTH, TILE_WIDTH)
            session.add(TileRow(level=level, position=position, hashes=b"".join(hashes)))
        session.flush()
        width, level = width * TILE_WIDTH, level + 1


def _tile(session: Session, level: int, position: int) -> list[bytes]:
    """The hashes of a tile above the leaves: the roots of the 256 full tiles below it."""
    read = store.nodes(session).tile
    below = [read(level - 1, position * TILE_WIDTH + i) or b"" for i in range(TILE_WIDTH)]
    return [perfect_root([t[i : i + HASH_SIZE] for i in range(0, len(t), HASH_SIZE)]) for t in below]

"""Reads of the log's tables, as the tree and the pages need them."""

from collections.abc import Iterator, Sequence

from sqlalchemy import func, literal, select, text, tuple_
from sqlalchemy.orm import Session

from tre.audit.models import CheckpointRow, EventRow, LeafRow, TileRow, TombstoneRow
from tre.audit.purged import Tombstone
from tre.audit.tree import Nodes


def nodes(session: Session) -> Nodes:
    """The sealed tree as the database holds it."""

    def leaves(start: int, count: int) -> list[bytes]:
        query = select(LeafRow.leaf_hash).where(LeafRow.position >= start, LeafRow.position < start + count)
        return list(session.scalars(query.order_by(LeafRow.position)))

    read: dict[tuple[int, int], bytes | None] = {}  # a path crosses each tile up to eight times

    def tile(level: int, index: int) -> bytes | None:
        if (level, index) not in read:
            # above the leaves' own tiles, neighbours are wanted together while the tile over them is not full yet
            first, last = (index, index) if level == 0 else (index - index % 64, index - index % 64 + 63)
            query = select(TileRow.position, TileRow.hashes).where(
                TileRow.level == level, TileRow.position.between(first, last)
            )
            found = {row.position: row.hashes for row in session.execute(query)}
            read.update({(level, position): found.get(position) for position in range(first, last + 1)})
        return read[level, index]

    return Nodes(leaves, tile)


def sealed_size(session: Session) -> int:
    """How many events have a place in the tree."""
    last = session.scalar(select(func.max(LeafRow.position)))
    return 0 if last is None else last + 1


def last_checkpoint(session: Session) -> CheckpointRow | None:
    """The newest checkpoint."""
    return session.scalar(select(CheckpointRow).order_by(CheckpointRow.seq.desc()).limit(1))


def position_of(session: Session, event_id: str) -> int | None:
    """The place of an event in the tree, or None while it waits for the sealer."""
    query = select(LeafRow.position).join(EventRow, EventRow.seq == LeafRow.event_seq)
    return session.scalar(query.where(EventRow.event_id == event_id))


def bodies(session: Session, start: int, end: int, chunk: int = 2_000) -> Iterator[bytes]:
    """The events at places [start, end), in order, read by chunks; what a purge left, in the place of purged ones."""
    joined = (
        select(LeafRow.position, EventRow.body, TombstoneRow.leaf_hash, TombstoneRow.purge)
        .outerjoin(EventRow, LeafRow.event_seq == EventRow.seq)
        .outerjoin(TombstoneRow, TombstoneRow.position == LeafRow.position)
        .order_by(LeafRow.position)
    )
    for at in range(start, end, chunk):
        query = joined.where(LeafRow.position >= at, LeafRow.position < min(at + chunk, end))
        for row in session.execute(query).all():
            if row.body is not None:
                yield row.body
            elif row.purge is not None:
                yield Tombstone(row.position, row.leaf_hash, row.purge).line()


def unsealed(session: Session, limit: int) -> Sequence[EventRow]:
    """Events without a place that may be given one now, in the order they get it.

    The order is (transaction, sequence), and only transactions older than every running one are taken: nothing can
    appear before them any more, so the order is final however transactions interleave.
    """
    horizon = session.scalar(text("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint"))
    last = session.execute(
        select(EventRow.txid, EventRow.seq)
        .join(LeafRow, LeafRow.event_seq == EventRow.seq)
        .order_by(LeafRow.position.desc())
        .limit(1)
    ).first()
    query = select(EventRow).where(EventRow.txid < horizon)
    if last is not None:
        query = query.where(tuple_(EventRow.txid, EventRow.seq) > tuple_(literal(last.txid), literal(last.seq)))
    return session.scalars(query.order_by(EventRow.txid, EventRow.seq).limit(limit)).all()

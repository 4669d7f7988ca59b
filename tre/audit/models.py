"""Tables of the log (append-only): events as bytes, leaves in their order, checkpoints; and of alerts and incidents."""

from datetime import datetime

from sqlalchemy import BigInteger, Identity, Index, LargeBinary, String, text
from sqlalchemy.orm import Mapped, mapped_column

from tre.db.base import STATE, Base


class EventRow(Base):
    """An event as inserted in the transaction of what it records; ``body`` is the RFC 8785 form that is hashed."""

    __tablename__ = "audit_event"
    seq: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    event_id: Mapped[str] = mapped_column(String(64), unique=True)
    txid: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[datetime] = mapped_column(index=True)
    action: Mapped[str] = mapped_column(String(80), index=True)
    outcome: Mapped[str] = mapped_column(String(16))
    actor: Mapped[str] = mapped_column(String(120), index=True)
    project: Mapped[str | None] = mapped_column(String(40), index=True)
    target: Mapped[str | None] = mapped_column(String(120), index=True)
    body: Mapped[bytes] = mapped_column(LargeBinary)


class LeafRow(Base):
    """The place of an event in the Merkle tree (RFC 6962), given by the one sealer."""

    __tablename__ = "audit_leaf"
    position: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    event_seq: Mapped[int] = mapped_column(BigInteger, unique=True)
    leaf_hash: Mapped[bytes] = mapped_column(LargeBinary(32))


class CheckpointRow(Base):
    """A signed checkpoint (C2SP tlog-checkpoint): ``note`` is the exact signed text."""

    __tablename__ = "audit_checkpoint"
    seq: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    size: Mapped[int] = mapped_column(BigInteger, index=True)
    root: Mapped[bytes] = mapped_column(LargeBinary(32))
    at: Mapped[datetime]
    note: Mapped[str]


class TileRow(Base):
    """256 neighbouring hashes of one level of the tree, joined; written once, when the tile is full."""

    __tablename__ = "audit_tile"
    level: Mapped[int] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    hashes: Mapped[bytes] = mapped_column(LargeBinary)


class CosignatureRow(Base):
    """A checkpoint with a witness's signature on it; it proves itself, so it needs no event beside it."""

    __tablename__ = "audit_cosignature"
    seq: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    name: Mapped[str] = mapped_column(String(120), index=True)
    size: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[datetime]
    note: Mapped[str]


class TombstoneRow(Base):
    """What is left of an event whose term is over: its place, its leaf, and the event that tells of the purge."""

    __tablename__ = "audit_tombstone"
    position: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    leaf_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    purge: Mapped[str] = mapped_column(String(64), index=True)


class AlertRow(Base):
    """What a detection rule found of one subject; open, then assigned, then cleared with a reason."""

    __tablename__ = "audit_alert"
    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    rule: Mapped[str] = mapped_column(String(40))
    severity: Mapped[str] = mapped_column(String(16))
    subject: Mapped[str] = mapped_column(String(120))
    project: Mapped[str | None] = mapped_column(String(40))
    state: Mapped[str] = mapped_column(String(16), index=True)
    opened_at: Mapped[datetime]
    last_at: Mapped[datetime]
    measured: Mapped[float]
    owner: Mapped[str | None] = mapped_column(String(64))
    cleared_by: Mapped[str | None] = mapped_column(String(64))
    cleared_at: Mapped[datetime | None]
    reason: Mapped[str | None] = mapped_column(String(4000))
    incident_id: Mapped[str | None] = mapped_column(String(64), index=True)

    __table_args__ = (
        Index("uq_audit_alert_open", "rule", "subject", unique=True, postgresql_where=text("state <> 'cleared'")),
        STATE,
    )  # fmt: skip


class AlertEventRow(Base):
    """An event that shows an alert."""

    __tablename__ = "audit_alert_event"
    alert_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    event_id: Mapped[str] = mapped_column(String(64), primary_key=True)


class DetectionCursorRow(Base):
    """How far in the sealed log the rules have looked."""

    __tablename__ = "audit_detection_cursor"
    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    position: Mapped[int] = mapped_column(BigInteger)


class IncidentRow(Base):
    """Something that happened, with an owner, its legal clocks and a resolution. ``known_at`` starts the clocks."""

    __tablename__ = "audit_incident"
    __table_args__ = (STATE,)
    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    title: Mapped[str] = mapped_column(String(200))
    known_at: Mapped[datetime]
    opened_by: Mapped[str] = mapped_column(String(64))
    owner: Mapped[str] = mapped_column(String(64))
    personal_data: Mapped[bool]
    early_at: Mapped[datetime | None]
    notified_at: Mapped[datetime | None]
    reported_at: Mapped[datetime | None]
    resolved_at: Mapped[datetime | None]
    resolution: Mapped[str | None] = mapped_column(String(4000))


# The sealer takes events in the order (transaction, sequence): see tre/audit/seal.py.
Index("ix_audit_event_txid_seq", EventRow.txid, EventRow.seq)
Index("ix_audit_event_project_at", EventRow.project, EventRow.at)
# Pages search by who, where or what, newest first.
for _column in (EventRow.actor, EventRow.project, EventRow.action):
    Index(f"ix_audit_event_{_column.key}_seq", _column, EventRow.seq)

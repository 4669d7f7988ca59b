"""Tables of export requests: what was asked, what the checks found, who decided what, what left."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Identity, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from tre.db.base import STATE, Base


class Request(Base):
    """An export request. ``round`` counts submissions; ``revision`` is its ETag."""

    __tablename__ = "egress_request"
    __table_args__ = (
        UniqueConstraint("requester_id", "idempotency_key", name="uq_egress_request_idempotency"),
        Index("ix_egress_request_state_submitted", "state", "submitted_at"),
        STATE,
    )
    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    slug: Mapped[str] = mapped_column(String(40), index=True)
    title: Mapped[str] = mapped_column(String(200))
    purpose: Mapped[str] = mapped_column(String(2000))  # the planned output it is, or why it was not planned
    destination: Mapped[str] = mapped_column(String(500))
    requester_id: Mapped[str] = mapped_column(String(40), index=True)
    state: Mapped[str] = mapped_column(String(16))
    round: Mapped[int] = mapped_column(default=0)
    revision: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
    submitted_at: Mapped[datetime | None]
    signed_by: Mapped[str | None] = mapped_column(String(40))
    policy_id: Mapped[str | None] = mapped_column(String(80))
    image_digest: Mapped[str | None] = mapped_column(String(200))
    idempotency_key: Mapped[str | None] = mapped_column(String(80))
    attempts: Mapped[int] = mapped_column(default=0)  # of the automatic check or of the release
    error: Mapped[str | None] = mapped_column(String(200))


class Step(Base):
    """One change of a request's state; the clocks are computed from these."""

    __tablename__ = "egress_step"
    __table_args__ = STATE
    seq: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    request_id: Mapped[str] = mapped_column(ForeignKey("egress_request.id"), index=True)
    at: Mapped[datetime]
    verb: Mapped[str] = mapped_column(String(16))
    source: Mapped[str] = mapped_column(String(16))
    target: Mapped[str] = mapped_column(String(16))
    actor: Mapped[str] = mapped_column(String(120))
    reason: Mapped[str | None] = mapped_column(String(4000))


class File(Base):
    """One version of one file of a request. The bytes are those of ``quarantine_key`` and no others."""

    __tablename__ = "egress_file"
    __table_args__ = (
        Index("uq_egress_file_name", "request_id", "name", unique=True, postgresql_where="active"),
        STATE,
    )
    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    request_id: Mapped[str] = mapped_column(ForeignKey("egress_request.id"), index=True)
    name: Mapped[str] = mapped_column(String(1024))
    state: Mapped[str] = mapped_column(String(16))
    active: Mapped[bool] = mapped_column(default=True)
    replaces: Mapped[str | None] = mapped_column(String(40))
    context: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    context_hash: Mapped[str] = mapped_column(String(64))
    sha256: Mapped[str | None] = mapped_column(String(64))
    size: Mapped[int | None] = mapped_column(BigInteger)
    quarantine_key: Mapped[str | None] = mapped_column(String(200))
    quarantine_version: Mapped[str | None] = mapped_column(String(120))
    kind: Mapped[str | None] = mapped_column(String(120))
    verdict: Mapped[str | None] = mapped_column(String(16))
    policy_hash: Mapped[str | None] = mapped_column(String(64))
    findings_hash: Mapped[str | None] = mapped_column(String(64))


class Check(Base):
    """The report of one run of the engine over a request."""

    __tablename__ = "egress_check"
    __table_args__ = STATE
    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    request_id: Mapped[str] = mapped_column(ForeignKey("egress_request.id"), index=True)
    round: Mapped[int]
    at: Mapped[datetime]
    policy_id: Mapped[str] = mapped_column(String(80))
    policy_version: Mapped[str] = mapped_column(String(40))
    policy_hash: Mapped[str] = mapped_column(String(64))
    engine: Mapped[str] = mapped_column(String(80))
    ledger_hash: Mapped[str] = mapped_column(String(64))
    verdict: Mapped[str] = mapped_column(String(16))
    report: Mapped[bytes] = mapped_column(LargeBinary)


class FindingRow(Base):
    """A finding on one file, for pages and decisions; the report holds the same."""

    __tablename__ = "egress_finding"
    __table_args__ = STATE
    seq: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    check_id: Mapped[str] = mapped_column(ForeignKey("egress_check.id"), index=True)
    file_id: Mapped[str] = mapped_column(ForeignKey("egress_file.id"), index=True)
    fingerprint: Mapped[str] = mapped_column(String(80))
    rule: Mapped[str] = mapped_column(String(40))
    version: Mapped[int]
    severity: Mapped[str] = mapped_column(String(16))
    location: Mapped[dict[str, Any]] = mapped_column(JSONB)
    evidence: Mapped[dict[str, Any]] = mapped_column(JSONB)


class Seat(Base):
    """A reviewer's seat. ``conflict`` seats never vote; ``third`` settles a difference."""

    __tablename__ = "egress_seat"
    __table_args__ = (
        Index("uq_egress_seat_person", "request_id", "person_id", unique=True, postgresql_where="left_at IS NULL"),
        STATE,
    )
    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    request_id: Mapped[str] = mapped_column(ForeignKey("egress_request.id"), index=True)
    person_id: Mapped[str] = mapped_column(String(40), index=True)
    third: Mapped[bool] = mapped_column(default=False)
    conflict: Mapped[bool] = mapped_column(default=False)
    claimed_at: Mapped[datetime]
    left_at: Mapped[datetime | None]


class Vote(Base):
    """One vote on one file. ``binding`` is the hash of bytes, context, policy and findings at that moment."""

    __tablename__ = "egress_vote"
    __table_args__ = (
        # The database too refuses a second vote of one person on one thing; ``again`` is the one change after opening.
        UniqueConstraint("file_id", "person_id", "round", "again", "binding", name="uq_egress_vote_once"),
        STATE,
    )
    seq: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    request_id: Mapped[str] = mapped_column(ForeignKey("egress_request.id"), index=True)
    file_id: Mapped[str] = mapped_column(ForeignKey("egress_file.id"), index=True)
    person_id: Mapped[str] = mapped_column(String(40), index=True)
    decision: Mapped[str] = mapped_column(String(16))
    binding: Mapped[str] = mapped_column(String(64))
    round: Mapped[int]
    again: Mapped[bool] = mapped_column(default=False)
    tie_break: Mapped[bool] = mapped_column(default=False)
    answers: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    at: Mapped[datetime]


class Disposition(Base):
    """A blocking finding dismissed as false or excepted, by one person, with a reason."""

    __tablename__ = "egress_disposition"
    __table_args__ = (
        UniqueConstraint("file_id", "person_id", "fingerprint", "binding", "officer", name="uq_egress_disposition"),
        STATE,
    )
    seq: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    request_id: Mapped[str] = mapped_column(ForeignKey("egress_request.id"), index=True)
    file_id: Mapped[str] = mapped_column(ForeignKey("egress_file.id"), index=True)
    person_id: Mapped[str] = mapped_column(String(40))
    fingerprint: Mapped[str] = mapped_column(String(80))
    kind: Mapped[str] = mapped_column(String(16))  # false-positive | exception
    reason: Mapped[str] = mapped_column(String(4000))
    binding: Mapped[str] = mapped_column(String(64))
    officer: Mapped[bool] = mapped_column(default=False)
    at: Mapped[datetime]


class Comment(Base):
    """Words of one person: ``public`` to the requester too, or ``private`` to reviewers."""

    __tablename__ = "egress_comment"
    __table_args__ = STATE
    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    request_id: Mapped[str] = mapped_column(ForeignKey("egress_request.id"), index=True)
    file_id: Mapped[str | None] = mapped_column(ForeignKey("egress_file.id"))
    person_id: Mapped[str] = mapped_column(String(40))
    private: Mapped[bool] = mapped_column(default=True)
    body: Mapped[str] = mapped_column(String(4000))
    round: Mapped[int]
    at: Mapped[datetime]


class Release(Base):
    """What left, under which record. ``record`` is the exact JSON whose hash is in the log."""

    __tablename__ = "egress_release"
    __table_args__ = STATE
    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    request_id: Mapped[str] = mapped_column(ForeignKey("egress_request.id"), unique=True)
    slug: Mapped[str] = mapped_column(String(40), index=True)
    released_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    revoked_by: Mapped[str | None] = mapped_column(String(40))
    revoked_reason: Mapped[str | None] = mapped_column(String(4000))
    record: Mapped[bytes] = mapped_column(LargeBinary)
    record_sha256: Mapped[str] = mapped_column(String(64))
    signature: Mapped[bytes] = mapped_column(LargeBinary)


class ReleasedFile(Base):
    """A file of a release, in the project's bucket ``released``."""

    __tablename__ = "egress_released_file"
    __table_args__ = STATE
    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    release_id: Mapped[str] = mapped_column(ForeignKey("egress_release.id"), index=True)
    file_id: Mapped[str] = mapped_column(ForeignKey("egress_file.id"))
    name: Mapped[str] = mapped_column(String(1024))
    kind: Mapped[str] = mapped_column(String(120))
    sha256: Mapped[str] = mapped_column(String(64))
    size: Mapped[int] = mapped_column(BigInteger)
    key: Mapped[str] = mapped_column(String(200))
    version: Mapped[str | None] = mapped_column(String(120))


class Grant(Base):
    """Who may download a release."""

    __tablename__ = "egress_grant"
    __table_args__ = (UniqueConstraint("release_id", "person_id"), STATE)
    seq: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    release_id: Mapped[str] = mapped_column(ForeignKey("egress_release.id"), index=True)
    person_id: Mapped[str] = mapped_column(String(40), index=True)
    granted_by: Mapped[str] = mapped_column(String(40))


class LedgerLine(Base):
    """What a release added to its project's ledger (one JSON line of the engine), for differencing."""

    __tablename__ = "egress_ledger_line"
    __table_args__ = STATE
    seq: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    slug: Mapped[str] = mapped_column(String(40), index=True)
    release_id: Mapped[str] = mapped_column(ForeignKey("egress_release.id"))
    line: Mapped[str]


class LedgerKey(Base):
    """The random key under which a project's ledger hashes its labels, encrypted under the project's key in Vault.

    Destroying the project's key destroys it too.
    """

    __tablename__ = "egress_ledger_key"
    __table_args__ = STATE
    slug: Mapped[str] = mapped_column(String(40), primary_key=True)
    sealed: Mapped[str] = mapped_column(String(400))


class Notice(Base):
    """Outbox of mails: ids only, no words of the request. The worker sends them; losing one mail loses no decision."""

    __tablename__ = "egress_notice"
    __table_args__ = STATE
    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    kind: Mapped[str] = mapped_column(String(40))
    recipient_kind: Mapped[str] = mapped_column(String(16))  # person | role | producer
    recipient: Mapped[str] = mapped_column(String(120))
    slug: Mapped[str] = mapped_column(String(40))
    target: Mapped[str] = mapped_column(String(40))
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None] = mapped_column(index=True)
    attempts: Mapped[int] = mapped_column(default=0)

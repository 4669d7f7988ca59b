"""Tables of the workspace: one-use tickets, sessions. Secrets are kept as hashes only."""

from datetime import datetime

from sqlalchemy import Index, LargeBinary, String, text
from sqlalchemy.orm import Mapped, mapped_column

from tre.db.base import STATE, Base


class ServiceTokenRow(Base):
    """The token with which a project's hub and gateway call the hub API; one per project, replaced as a whole."""

    __tablename__ = "workspace_service_token"
    __table_args__ = (STATE,)
    slug: Mapped[str] = mapped_column(String(40), primary_key=True)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    created_at: Mapped[datetime]


class TicketRow(Base):
    """A one-use ticket that opens one project's hub for one person, for a minute."""

    __tablename__ = "workspace_ticket"
    __table_args__ = (STATE,)
    ticket_hash: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    slug: Mapped[str] = mapped_column(String(40))
    person_id: Mapped[str] = mapped_column(String(64))
    issued_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    redeemed_at: Mapped[datetime | None]


class WorkspaceSession(Base):
    """One run of one person's notebook. At most one per person and project is not ended.

    ``address`` is the pod's address when it claimed. ``notebook_token_sealed`` is encrypted under the project's key in
    Vault: a copy of the database opens no notebook, and the gateway gets it back only while the session lives.
    """

    __tablename__ = "workspace_session"
    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    slug: Mapped[str] = mapped_column(String(40))
    person_id: Mapped[str] = mapped_column(String(64), index=True)
    person_slug: Mapped[str] = mapped_column(String(40))
    profile: Mapped[str] = mapped_column(String(40))
    image: Mapped[str] = mapped_column(String(300))
    state: Mapped[str] = mapped_column(String(16), index=True)
    nonce_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    session_token_hash: Mapped[bytes | None] = mapped_column(LargeBinary(32), unique=True)
    notebook_token_sealed: Mapped[str | None]
    address: Mapped[str | None] = mapped_column(String(64))
    s3_user: Mapped[str | None] = mapped_column(String(80))
    vault_accessor: Mapped[str | None] = mapped_column(String(120))
    created_at: Mapped[datetime]
    live_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    reason: Mapped[str | None] = mapped_column(String(60))
    # What an end could not revoke yet; the sweep tries again until nothing is left.
    revoked: Mapped[bool] = mapped_column(default=False)

    __table_args__ = (
        Index("ix_workspace_session_slug_person", "slug", "person_slug"),
        Index(
            "uq_workspace_session_open", "slug", "person_id", unique=True, postgresql_where=text("state <> 'ended'")
        ),
        STATE,
    )  # fmt: skip


class TraceRow(Base):
    """An entry of a gateway's journal that was recorded: once, whatever is sent again.

    ``code_sealed`` is the cell's text under the project's key; the log has its SHA-256 only.
    """

    __tablename__ = "workspace_trace"
    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    session_id: Mapped[str] = mapped_column(String(64), index=True)
    received_at: Mapped[datetime]
    code_sealed: Mapped[str | None]


class SparkRow(Base):
    """The Spark Connect server of one session: a pod of its own, with a key of its own (design §5)."""

    __tablename__ = "workspace_spark"
    __table_args__ = (STATE,)
    session_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    nonce_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    created_at: Mapped[datetime]
    claimed_at: Mapped[datetime | None]

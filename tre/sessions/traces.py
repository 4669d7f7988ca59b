"""What a gateway's journal tells, recorded as audit events: each once, for a session of the gateway's own project."""

import hashlib
import re
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field
from sqlalchemy import select
from sqlalchemy.orm import Session

from tre.audit.events import AuditEvent, Json
from tre.audit.service import record
from tre.core.clock import iso
from tre.core.errors import NotFound
from tre.core.people import Actor
from tre.sessions.contracts import Parts
from tre.sessions.models import TraceRow, WorkspaceSession

_CODE = re.compile(r"^[a-z0-9_.:-]{1,60}$")


class TraceEvent(BaseModel):
    """One entry of a gateway's journal. ``code`` travels apart from ``detail`` because it is kept encrypted."""

    id: str = Field(max_length=64)
    session: str = Field(max_length=64)
    action: str = Field(max_length=60, pattern=r"^gateway\.[a-z_]+$")
    outcome: str = Field(default="success", pattern=r"^(success|refused|failed)$")
    at: datetime
    detail: dict[str, str | int | float | bool | None] = Field(default_factory=dict)
    code: str | None = None
    address: str | None = Field(default=None, max_length=64)


@dataclass(frozen=True)
class _Batch:
    """The gateway that sent, and the sessions of its project that its entries name."""

    slug: str
    sessions: dict[str, WorkspaceSession]
    actor: Actor


def record_traces(session: Session, parts: Parts, slug: str, events: list[TraceEvent], *, actor: Actor) -> int:
    """Record what is new of ``events``; returns how many. Those of sessions that are not the project's are refused.

    Cell text is encrypted under the project's key (design §8): only its hash is in the log.
    """
    known = set(session.scalars(select(TraceRow.id).where(TraceRow.id.in_([e.id for e in events]))))
    sessions = {e.session for e in events}
    rows = {
        row.id: row
        for row in session.scalars(
            select(WorkspaceSession).where(WorkspaceSession.id.in_(sessions), WorkspaceSession.slug == slug)
        )
    }
    batch, recorded = _Batch(slug, rows, actor), 0
    for event in events:
        if event.id in known:
            continue
        known.add(event.id)
        _record_one(session, parts, batch, event)
        recorded += 1
    return recorded


def _record_one(session: Session, parts: Parts, batch: _Batch, event: TraceEvent) -> None:
    row, actor = batch.sessions.get(event.session), batch.actor
    sealed = (
        parts.vault.encrypt(batch.slug, event.code.encode("utf-8", "surrogatepass")) if event.code is not None else None
    )
    session.add(TraceRow(id=event.id, session_id=event.session, received_at=parts.clock(), code_sealed=sealed))
    detail: dict[str, Json] = {_key(k): v for k, v in event.detail.items()}
    detail["trace"], detail["source_at"] = event.id, iso(event.at)
    if event.code is not None:
        detail["code_sha256"] = hashlib.sha256(event.code.encode("utf-8", "surrogatepass")).hexdigest()
    person = row.person_id if row else None
    outcome: Any = event.outcome if row else "refused"
    if row is None:
        detail["unattributed"] = True
    who = Actor(actor.kind, actor.label, person, address=event.address)
    record(session, AuditEvent(event.action, who, batch.slug, event.session, outcome, detail), parts.clock)


def read_code(session: Session, parts: Parts, slug: str, trace_id: str, *, event: AuditEvent) -> str:
    """The text of a cell, for those who may read traces; the reading is itself an event (design §8).

    Raises NotFound ``trace-unknown`` for an entry without code or of another project.
    """
    row = session.get(TraceRow, trace_id)
    owner = session.get(WorkspaceSession, row.session_id) if row is not None else None
    if row is None or row.code_sealed is None or owner is None or owner.slug != slug:
        raise NotFound("trace-unknown", "There is no such cell.", "Choose one from the session's timeline.")
    record(session, replace(event, action="trace.read", project=slug, target=trace_id), parts.clock)
    return parts.vault.decrypt(slug, row.code_sealed).decode("utf-8", "surrogatepass")


def _key(key: str) -> str:
    return key if _CODE.match(key) else "other"

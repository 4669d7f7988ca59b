"""Recording: an event goes in with the change it tells of, or the change does not happen."""

from typing import Any

import rfc8785
from sqlalchemy import text
from sqlalchemy.orm import Session

from tre.audit.events import AuditEvent
from tre.audit.models import EventRow
from tre.core.clock import Clock, iso, system_clock
from tre.core.ids import new_id


def canonical(event: AuditEvent, event_id: str, at: str) -> bytes:
    """The RFC 8785 bytes of an event: what is stored, hashed and handed to auditors."""
    actor: dict[str, Any] = {"kind": event.actor.kind, "label": event.actor.label}
    for key in ("person_id", "address", "request_id"):
        if (value := getattr(event.actor, key)) is not None:
            actor[key] = value
    body: dict[str, Any] = {
        "v": 1, "id": event_id, "at": at, "action": event.action, "outcome": event.outcome,
        "actor": actor, "detail": dict(event.detail),
    }  # fmt: skip
    if event.project is not None:
        body["project"] = event.project
    if event.target is not None:
        body["target"] = event.target
    return rfc8785.dumps(body)


def record(session: Session, event: AuditEvent, clock: Clock = system_clock, event_id: str | None = None) -> str:
    """Insert ``event`` in the caller's transaction; returns its id. The sealer gives it its place within a second.

    ``event_id`` is given for what another system told, so that it is recorded once whatever is sent again.
    """
    event_id, now = event_id or new_id("evt"), clock()
    txid = session.execute(text("SELECT pg_current_xact_id()::text::bigint")).scalar_one()
    session.add(
        EventRow(
            event_id=event_id,
            txid=txid,
            at=now,
            action=event.action,
            outcome=event.outcome,
            actor=event.actor.person_id or event.actor.label,
            project=event.project,
            target=event.target,
            body=canonical(event, event_id, iso(now)),
        )
    )
    session.flush()
    return event_id

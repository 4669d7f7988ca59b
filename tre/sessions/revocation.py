"""Ends: every way in which a session stops takes its credentials and pods with it."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from tre.audit.events import AuditEvent
from tre.audit.service import record
from tre.core.errors import TreError
from tre.sessions.contracts import Parts
from tre.sessions.models import TicketRow, WorkspaceSession
from tre.sessions.states import SessionState
from tre.sessions.store import open_sessions

# A Spark server's own S3 user stands beside its notebook's: ended together, told apart in every log.
SPARK_SUFFIX = "-spark"


def end_session(
    session: Session, parts: Parts, row: WorkspaceSession, *,
    reason: str, event: AuditEvent,
) -> None:  # fmt: skip
    """End ``row`` and kill its credentials and pod; ending twice is one end.

    What could not be revoked now (a part is down) stays marked and the sweep tries again.
    """
    if row.state == SessionState.ENDED:
        return
    row.state, row.ended_at, row.reason = SessionState.ENDED, parts.clock(), reason
    row.notebook_token_sealed = row.session_token_hash = None
    record(session, replace(event, target=row.id, detail={**event.detail, "reason": reason}), parts.clock)
    row.revoked = revoke(parts, row)


def revoke(parts: Parts, row: WorkspaceSession) -> bool:
    """Kill what the session holds outside the database; True when nothing is left."""
    done = [
        _attempt(lambda: parts.store.delete_session_user(row.id)),
        _attempt(lambda: parts.store.delete_session_user(row.id + SPARK_SUFFIX)),
        row.vault_accessor is None or _attempt(lambda: parts.vault.revoke(row.vault_accessor or "")),
        _attempt(lambda: parts.pods.delete_session_pods(row.slug, session_id=row.id)),
    ]
    return all(done)


def _attempt(call: Callable[[], object]) -> bool:
    """One revocation must not stop the next; a part that is down is tried again by the sweep."""
    try:
        call()
    except TreError:
        return False
    return True


@dataclass(frozen=True)
class Scope:
    """Whose sessions: a project's, a person's, a person's in a project, or (neither given) everybody's."""

    slug: str | None = None
    person_id: str | None = None


def end_all(session: Session, parts: Parts, scope: Scope, *, reason: str, event: AuditEvent) -> int:
    """End every open session of ``scope`` and void its tickets; returns how many ended (design §4)."""
    slug, person_id = scope.slug, scope.person_id
    rows = open_sessions(session, slug=slug, person_id=person_id, lock=True)
    for row in rows:
        end_session(session, parts, row, reason=reason, event=replace(event, project=row.slug))
    tickets = select(TicketRow).where(TicketRow.redeemed_at.is_(None), TicketRow.expires_at > parts.clock())
    if slug is not None:
        tickets = tickets.where(TicketRow.slug == slug)
    if person_id is not None:
        tickets = tickets.where(TicketRow.person_id == person_id)
    voided = list(session.scalars(tickets.with_for_update()))
    for ticket in voided:
        ticket.expires_at = parts.clock()
    if voided:
        record(
            session, replace(event, project=slug, detail={**event.detail, "tickets_voided": len(voided)}), parts.clock
        )
    return len(rows)

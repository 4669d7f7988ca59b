"""Ends: every way in which a session stops, and the sweep that makes sure that nothing outlives it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from tre.audit.events import AuditEvent
from tre.audit.service import record
from tre.core.errors import TreError
from tre.sessions.contracts import Parts
from tre.sessions.models import TicketRow, WorkspaceSession
from tre.sessions.permissions import check_may_work
from tre.sessions.spark import SUFFIX as SPARK_SUFFIX
from tre.sessions.spark import ensure_servers
from tre.sessions.states import SessionState
from tre.sessions.store import open_sessions, unrevoked

# How long a session may wait for its pod, and how long a live one may be without one, before it counts as gone.
START_LIFE = timedelta(minutes=15)
SESSION_LIFE = timedelta(days=7)
_GONE = {"Succeeded", "Failed"}


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


def sweep(session: Session, parts: Parts, *, event: AuditEvent) -> int:
    """What the worker does every few seconds; returns how many sessions it ended.

    Ends sessions whose pod is gone, whose person or project may not work any more, or that are too old; revokes again
    what could not be revoked; deletes S3 users that belong to no open session.
    """
    ended = 0
    for row in open_sessions(session, lock=True):
        reason = _why_over(session, parts, row)
        if reason is not None:
            end_session(session, parts, row, reason=reason, event=replace(event, project=row.slug))
            ended += 1
    again = [row for row in unrevoked(session) if revoke(parts, row)]
    for row in again:
        row.revoked = True
        record(session, replace(event, action="session.revoked", project=row.slug, target=row.id), parts.clock)
    _delete_orphans(session, parts, event)
    ensure_servers(session, parts, event=event)
    return ended


def _why_over(session: Session, parts: Parts, row: WorkspaceSession) -> str | None:
    """The reason why a session must end now, or None."""
    try:
        check_may_work(parts.gate.standing(session, row.slug, row.person_id, parts.clock().date()))
    except TreError as refused:
        return refused.code
    age = parts.clock() - (row.live_at or row.created_at)
    if age > SESSION_LIFE:
        return "too-old"
    pod = parts.pods.session_pod(row.slug, row.id)
    gone = pod is None or pod.phase in _GONE
    if row.state == SessionState.LIVE and gone:
        return "pod-gone"
    return "never-started" if row.state == SessionState.STARTING and age > START_LIFE else None


def _delete_orphans(session: Session, parts: Parts, event: AuditEvent) -> None:
    """A key without an open session must not exist: a crash between making and recording it would leave one."""
    users = parts.store.session_users()  # asked first: a session that starts now is then known below
    known = {row.id for row in open_sessions(session)}
    for session_id in sorted(user for user in users if user.removesuffix(SPARK_SUFFIX) not in known):
        parts.store.delete_session_user(session_id)
        record(session, replace(event, action="session.orphan_key_deleted", target=session_id), parts.clock)

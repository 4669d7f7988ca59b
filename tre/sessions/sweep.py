"""What the worker does every few seconds, so that no credential outlives its session and no session its right."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar

from sqlalchemy.orm import Session

from tre.audit.events import AuditEvent
from tre.audit.service import record
from tre.core.errors import TreError
from tre.sessions.contracts import Parts
from tre.sessions.models import WorkspaceSession
from tre.sessions.permissions import check_may_work
from tre.sessions.revocation import SPARK_SUFFIX, end_session, revoke
from tre.sessions.spark import ensure_servers
from tre.sessions.states import SESSION_LIFE, START_LIFE, SessionState
from tre.sessions.store import open_sessions, unrevoked

_GONE = {"Succeeded", "Failed"}
_Answer = TypeVar("_Answer")


@dataclass(frozen=True)
class _Pods:
    """The notebooks' pods as one LIST showed them: session -> phase. None when the API server did not answer."""

    asked_at: datetime
    phases: Mapping[str, str] | None


def sweep(session: Session, parts: Parts, *, event: AuditEvent) -> int:
    """One round; returns how many sessions it ended.

    Ends sessions whose person or project may not work any more, whose pod is gone, or that are too old; revokes again
    what could not be revoked; deletes S3 users of no open session; makes Spark servers. A part that is down stops its
    own step and no other: rights that have ended end here whatever else is wrong.
    """
    pods = _Pods(parts.clock(), _asked(parts.pods.session_phases))
    ended = 0
    for row in open_sessions(session, lock=True):
        reason = _why_over(session, parts, row, pods)
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


def _asked(call: Callable[[], _Answer]) -> _Answer | None:
    try:
        return call()
    except TreError:
        return None


def _why_over(session: Session, parts: Parts, row: WorkspaceSession, pods: _Pods) -> str | None:
    """The reason why a session must end now, or None."""
    try:
        check_may_work(parts.gate.standing(session, row.slug, row.person_id, parts.clock().date()))
    except TreError as refused:
        return refused.code
    age = parts.clock() - (row.live_at or row.created_at)
    if age > SESSION_LIFE:
        return "too-old"
    if row.state == SessionState.STARTING and age > START_LIFE:
        return "never-started"
    return _why_gone(row, pods)


def _why_gone(row: WorkspaceSession, pods: _Pods) -> str | None:
    """What the list of pods says; it says nothing of a session that became live after it was made."""
    if pods.phases is None:
        return None
    phase = pods.phases.get(row.id)
    if row.state == SessionState.STARTING:
        return "start-failed" if phase in _GONE else None
    listed = row.live_at is not None and row.live_at <= pods.asked_at
    return "pod-gone" if listed and (phase is None or phase in _GONE) else None


def _delete_orphans(session: Session, parts: Parts, event: AuditEvent) -> None:
    """A key without an open session must not exist: a crash between making and recording it would leave one."""
    users = _asked(parts.store.session_users)  # asked first: a session that starts now is then known below
    known = {row.id for row in open_sessions(session)}
    for session_id in sorted(user for user in users or () if user.removesuffix(SPARK_SUFFIX) not in known):
        try:
            parts.store.delete_session_user(session_id)
        except TreError:
            continue
        record(session, replace(event, action="session.orphan_key_deleted", target=session_id), parts.clock)

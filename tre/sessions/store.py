"""Queries on sessions."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from tre.sessions.errors import session_token_invalid, session_unknown
from tre.sessions.models import WorkspaceSession
from tre.sessions.states import SessionState
from tre.sessions.tokens import digest


def get_session(session: Session, session_id: str, slug: str | None = None, lock: bool = False) -> WorkspaceSession:
    """One session, of one project when ``slug`` is given; raises NotFound ``session-unknown``."""
    query = select(WorkspaceSession).where(WorkspaceSession.id == session_id)
    row = session.scalar(query.with_for_update() if lock else query)
    if row is None or (slug is not None and row.slug != slug):
        raise session_unknown()
    return row


def open_sessions(
    session: Session, *, slug: str | None = None, person_id: str | None = None, lock: bool = False
) -> list[WorkspaceSession]:
    """Sessions that have not ended, of a project, of a person, or all."""
    query = select(WorkspaceSession).where(WorkspaceSession.state != SessionState.ENDED)
    if slug is not None:
        query = query.where(WorkspaceSession.slug == slug)
    if person_id is not None:
        query = query.where(WorkspaceSession.person_id == person_id)
    query = query.order_by(WorkspaceSession.id)
    return list(session.scalars(query.with_for_update() if lock else query))


def unrevoked(session: Session, limit: int = 100) -> list[WorkspaceSession]:
    """Ended sessions of which something may still be alive."""
    query = (
        select(WorkspaceSession)
        .where(WorkspaceSession.state == SessionState.ENDED, WorkspaceSession.revoked.is_(False))
        .order_by(WorkspaceSession.ended_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return list(session.scalars(query))


def live_by_token(session: Session, token: str) -> WorkspaceSession:
    """The live session whose workspace token this is; raises Unauthorised ``session-token-invalid``."""
    row = session.scalar(select(WorkspaceSession).where(WorkspaceSession.session_token_hash == digest(token)))
    if row is None or row.state != SessionState.LIVE:
        raise session_token_invalid()
    return row

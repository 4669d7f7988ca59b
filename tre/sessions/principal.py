"""Who calls the workspace API from inside a notebook."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from tre.sessions.store import live_by_token


@dataclass(frozen=True)
class SessionPrincipal:
    """The session, project and person of a session token."""

    session_id: str
    slug: str
    person_id: str
    person_slug: str


def principal_of(session: Session, token: str) -> SessionPrincipal:
    """The principal of a live session; raises Unauthorised ``session-token-invalid``."""
    row = live_by_token(session, token)
    return SessionPrincipal(row.id, row.slug, row.person_id, row.person_slug)

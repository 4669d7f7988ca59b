"""Random tokens, of which only the SHA-256 is kept, and the token of a project's hub and gateway."""

import hashlib
import secrets

from sqlalchemy import select
from sqlalchemy.orm import Session

from tre.audit.events import AuditEvent
from tre.audit.service import record
from tre.core.clock import Clock, system_clock
from tre.sessions.errors import service_token_invalid
from tre.sessions.models import ServiceTokenRow


def digest(token: str) -> bytes:
    """What the database keeps. Tokens are 256 random bits, so that a fast hash is right."""
    return hashlib.sha256(token.encode()).digest()


def new_token() -> str:
    """256 random bits, safe in URLs and files."""
    return secrets.token_urlsafe(32)


def set_service_token(
    session: Session, slug: str, token: str, *, event: AuditEvent, clock: Clock = system_clock
) -> None:
    """Make ``token`` the one that the project's hub and gateway present; the former one stops working.

    Setting the same token again changes nothing and records nothing.
    """
    row = session.get(ServiceTokenRow, slug)
    if row is not None and row.token_hash == digest(token):
        return
    if row is None:
        session.add(ServiceTokenRow(slug=slug, token_hash=digest(token), created_at=clock()))
    else:
        row.token_hash, row.created_at = digest(token), clock()
    record(session, event, clock)


def drop_service_token(session: Session, slug: str, *, event: AuditEvent, clock: Clock = system_clock) -> None:
    """Forget the project's token, when the project closes."""
    row = session.get(ServiceTokenRow, slug)
    if row is not None:
        session.delete(row)
        record(session, event, clock)


def project_of(session: Session, token: str) -> str:
    """The slug whose hub or gateway presents ``token``; raises Unauthorised ``service-token-invalid``."""
    slug = session.scalar(select(ServiceTokenRow.slug).where(ServiceTokenRow.token_hash == digest(token)))
    if slug is None:
        raise service_token_invalid()
    return slug

"""Audit logs of other systems (`/internal/v1/sources/{source}`): MinIO's webhook, Vault's file, Kubernetes' log."""

import hmac
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Header, Request, Response
from fastapi.concurrency import run_in_threadpool
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from tre.api.context import Services
from tre.api.deps import Svc
from tre.audit.collect import Owner, collect
from tre.core.errors import TooLarge, Unauthorised
from tre.sessions.models import WorkspaceSession

router = APIRouter(tags=["sources"])
_LIMIT = 8 << 20


class KnownSessions:
    """The workspace's sessions, as the collector asks for them."""

    def owner(self, session: Session, session_id: str) -> Owner | None:
        row = session.get(WorkspaceSession, session_id)
        return Owner(row.id, row.slug, row.person_id) if row else None

    def at(self, session: Session, project: str, person: str, when: datetime) -> Owner | None:
        query = select(WorkspaceSession).where(
            WorkspaceSession.slug == project,
            WorkspaceSession.person_slug == person,
            WorkspaceSession.created_at <= when,
            or_(WorkspaceSession.ended_at.is_(None), WorkspaceSession.ended_at >= when),
        )
        row = session.scalar(query.order_by(WorkspaceSession.created_at.desc()).limit(1))
        return Owner(row.id, row.slug, row.person_id) if row else None


def _check(token: str, authorization: str) -> None:
    given = authorization.removeprefix("Bearer ").strip()
    if not token or not hmac.compare_digest(given.encode(), token.encode()):
        raise Unauthorised("source-token-invalid", "This is not the token of a source.", "Mount `tre_source_token`.")


@router.post("/sources/{source}", name="hub.source", status_code=204)
async def take(source: str, request: Request, services: Svc, authorization: Annotated[str, Header()] = "") -> Response:
    """Take in entries; each is recorded once, whatever is sent again."""
    _check(services.settings.source_token.get_secret_value(), authorization)
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _LIMIT:
            raise TooLarge("source-too-large", f"At most {_LIMIT} bytes at a time.", "Send fewer entries.")
    await run_in_threadpool(_record, services, source, bytes(body))
    return Response(status_code=204)


def _record(services: Services, source: str, body: bytes) -> None:
    with services.db.transaction() as session:
        collect(session, KnownSessions(), source, body, services.clock)

"""Who is calling: a signed-in browser, a bearer token, or the public.

Sessions live in PostgreSQL and die there: signing out, back-channel logout or a withdrawn grant takes effect on the
next call, whatever the cookie says. Roles are computed on each call, never remembered (design §1).
"""

import hashlib
import secrets
from datetime import datetime, timedelta

from fastapi import Request, Response
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from tre.api.context import Services
from tre.api.models import EndedSid, WebSession
from tre.audit.events import AuditEvent, Json
from tre.core.errors import Forbidden, Unauthorised
from tre.core.people import Actor, Role
from tre.platform.oidc import Claims, OidcClient
from tre.projects import people
from tre.projects.people.store import account_of

COOKIE = "__Host-tre"
LIFETIME = timedelta(hours=10)
_SEEN_EVERY = timedelta(seconds=60)


def digest(secret: str) -> str:
    """What we keep of a bearer secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


def address(request: Request) -> str | None:
    """The caller's address; uvicorn has already taken the one that the ingress forwards."""
    return request.client.host if request.client else None


def identify(request: Request) -> Actor:
    """The actor of this call; the public when nothing was shown. Raises Unauthorised when a token is not valid."""
    state = request.app.state
    anonymous = Actor("anonymous", "public", address=address(request), request_id=request.state.request_id)
    if getattr(state, "listener", "web") != "web":
        return anonymous  # the internal listeners know neither cookies nor people's tokens
    services: Services = state.services
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token:
        return _from_token(request, services, token.strip())
    cookie = request.cookies.get(COOKIE)
    return _from_cookie(request, services, cookie, anonymous) if cookie else anonymous


def _from_token(request: Request, services: Services, token: str) -> Actor:
    client: OidcClient = request.app.state.oidc
    claims = client.access_token(token)
    with services.db.transaction() as session:
        if claims.sid and session.get(EndedSid, claims.sid):
            raise Unauthorised("token-signed-out", "This token's session was signed out.", "Sign in again.")
        account = account_of(session, claims.issuer, claims.subject)
        person = account.person if account is not None else _first_visit(session, services, claims, request)
        if person.frozen_at is not None:
            raise _unknown()
        roles = people.roles_in_force(session, person.id, claims.roles)
    return _actor(request, person.id, person.slug, roles)


def _unknown() -> Unauthorised:
    return Unauthorised(
        "account-unknown", "This account gives no access here.", "Open your invitation, or ask your contact."
    )


def _first_visit(session: Session, services: Services, claims: Claims, request: Request) -> people.Person:
    """An expected account whose first visit is by token: it is bound and recorded as in a browser."""
    visitor = Actor("anonymous", "public", address=address(request), request_id=request.state.request_id)
    try:
        return people.sign_in(session, identity_of(claims), event=sign_in_event(claims, visitor), clock=services.clock)
    except Forbidden as error:
        raise _unknown() from error


def identity_of(claims: Claims, invitation: str | None = None) -> people.Identity:
    """What the people's domain needs to know of a valid token."""
    raw = claims.raw
    return people.Identity(
        issuer=claims.issuer,
        subject=claims.subject,
        email=str(raw.get("email") or ""),
        display_name=str(raw.get("name") or raw.get("preferred_username") or ""),
        username=str(raw.get("preferred_username") or ""),
        invitation=invitation,
    )


def sign_in_event(claims: Claims, visitor: Actor) -> AuditEvent:
    """The event of a sign-in: how strong, with which roles, in which session of the provider."""
    roles: list[Json] = [*sorted(claims.roles)]
    detail: dict[str, Json] = {"acr": str(claims.raw.get("acr", "")), "roles": roles, "sid": claims.sid}
    return AuditEvent(action="session.sign-in", actor=visitor, detail=detail)


def _from_cookie(request: Request, services: Services, cookie: str, anonymous: Actor) -> Actor:
    """A session unknown, expired or idle for too long is no session: the person is asked to sign in again."""
    now = services.clock()
    idle = timedelta(minutes=services.settings.idle_minutes)
    with services.db.transaction() as session:
        row = session.get(WebSession, digest(cookie))
        if row is None or row.expires_at <= now or row.seen_at + idle <= now:
            return anonymous
        if now - row.seen_at > _SEEN_EVERY:
            row.seen_at = now
        person = session.get(people.Person, row.person_id)
        if person is None or person.frozen_at is not None:
            return anonymous
        roles = people.roles_in_force(session, person.id, frozenset(Role(name) for name in row.token_roles))
    request.state.web_session = cookie
    request.state.person = person
    return _actor(request, person.id, person.slug, roles)


def _actor(request: Request, person_id: str, label: str, roles: frozenset[Role]) -> Actor:
    return Actor(
        kind="person", label=label, person_id=person_id, roles=roles, address=address(request),
        request_id=request.state.request_id,
    )  # fmt: skip


def require_person(actor: Actor) -> None:
    """Raises Unauthorised ``sign-in-required`` for the public."""
    if actor.person_id is None:
        raise Unauthorised("sign-in-required", "This needs you to be signed in.", "Sign in, then try again.")


def open_session(session: Session, person_id: str, claims: Claims, now: datetime) -> str:
    """A new server-side session; returns the cookie's value, which is kept nowhere."""
    value = secrets.token_urlsafe(32)
    session.execute(delete(WebSession).where(WebSession.expires_at <= now))
    session.execute(delete(EndedSid).where(EndedSid.ended_at <= now - 2 * LIFETIME))
    session.add(
        WebSession(
            id_hash=digest(value),
            person_id=person_id,
            issuer=claims.issuer,
            subject=claims.subject,
            sid=claims.sid,
            token_roles=sorted(claims.roles),
            created_at=now,
            seen_at=now,
            expires_at=now + LIFETIME,
        )
    )
    return value


def set_cookie(response: Response, value: str) -> None:
    """The `__Host-` prefix makes the browser refuse it from any other host, ours of the workspaces included."""
    response.set_cookie(COOKIE, value, path="/", secure=True, httponly=True, samesite="lax")


def close_session(session: Session, cookie: str, now: datetime) -> str | None:
    """End one session, and bearer tokens of the same sign-in; returns the person's id."""
    row = session.get(WebSession, digest(cookie))
    if row is None:
        return None
    if row.sid:
        _end_sid(session, row.sid, now)
    session.delete(row)
    return row.person_id


def close_by_provider(session: Session, claims: Claims, now: datetime) -> set[str]:
    """End what a back-channel logout names: one provider session, or all of a person's; returns who was signed out."""
    where = WebSession.sid == claims.sid if claims.sid else WebSession.subject == claims.subject
    rows = session.scalars(select(WebSession).where(WebSession.issuer == claims.issuer, where)).all()
    for sid in {row.sid for row in rows if row.sid} | ({claims.sid} if claims.sid else set()):
        _end_sid(session, sid, now)
    session.execute(delete(WebSession).where(WebSession.issuer == claims.issuer, where))
    return {row.person_id for row in rows}


def _end_sid(session: Session, sid: str, now: datetime) -> None:
    if session.get(EndedSid, sid) is None:
        session.add(EndedSid(sid=sid, ended_at=now))

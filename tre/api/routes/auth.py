"""Signing in and out. The browser carries two random values; everything else stays on our side."""

import secrets
from datetime import timedelta
from typing import Annotated, cast
from urllib.parse import urlsplit

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy import delete
from sqlalchemy.orm import Session

from tre.api import auth
from tre.api.context import Services
from tre.api.deps import Svc, Tx, Visitor
from tre.api.models import SignIn
from tre.audit.events import AuditEvent
from tre.audit.service import record
from tre.core.errors import Unauthorised
from tre.core.people import Actor
from tre.platform.oidc import Claims, CodeFlow, OidcClient
from tre.projects import people

router = APIRouter(prefix="/auth", tags=["sign-in"], include_in_schema=False)
COOKIE = "__Host-tre-sign-in"
_PATIENCE = timedelta(minutes=15)


def local_path(wanted: str) -> str:
    """A path on this host, or the home page: never an address that a link's author chose (open redirect)."""
    parts = urlsplit(wanted)
    safe = wanted.startswith("/") and not wanted.startswith(("//", "/\\")) and not parts.netloc and len(wanted) <= 500
    return wanted if safe and wanted.isprintable() and "\\" not in wanted else "/"


def _client(request: Request) -> OidcClient:
    return cast(OidcClient, request.app.state.oidc)


def _redirect_uri(services: Services) -> str:
    return f"{services.settings.public_url}/auth/callback"


@router.get("/sign-in", name="auth.sign-in")
def sign_in(request: Request, session: Tx, services: Svc, next: str = "/", invitation: str = "") -> Response:
    """Start a code flow with PKCE; bound to this browser by a cookie and to this attempt by state and nonce."""
    state, nonce, verifier = (secrets.token_urlsafe(size) for size in (32, 32, 64))
    flow = CodeFlow(state, nonce, verifier, _redirect_uri(services))
    value, now = secrets.token_urlsafe(32), services.clock()
    address = _client(request).authorization_url(flow)
    session.execute(delete(SignIn).where(SignIn.created_at < now - _PATIENCE))
    session.add(
        SignIn(
            id_hash=auth.digest(value),
            state=flow.state,
            nonce=flow.nonce,
            verifier=flow.verifier,
            return_to=local_path(next),
            invitation=invitation[:100] or None,
            created_at=now,
        )
    )
    response = RedirectResponse(address, 303)
    response.set_cookie(
        COOKIE, value, path="/", secure=True, httponly=True, samesite="lax", max_age=int(_PATIENCE.total_seconds())
    )
    return response


@router.get("/callback", name="auth.callback")
def callback(
    request: Request,
    services: Svc,
    visitor: Visitor,
    state: Annotated[str, Query(max_length=200)] = "",
    code: Annotated[str, Query(max_length=4000)] = "",
) -> Response:
    """The return from the provider: one use, this browser, this attempt, a second factor; else nobody is signed in."""
    attempt = _take(request, services, state)
    if not code:
        raise Unauthorised("sign-in-refused", "The identity provider did not sign you in.", "Sign in again.")
    claims = _client(request).exchange(code, _flow(attempt, services))
    with services.db.transaction() as session:
        person = _welcome(session, claims, attempt.invitation, visitor)
        value = auth.open_session(session, person, claims, services.clock())
    response = RedirectResponse(attempt.return_to, 303)
    auth.set_cookie(response, value)
    response.delete_cookie(COOKIE, path="/", secure=True, httponly=True)
    return response


def _take(request: Request, services: Services, state: str) -> SignIn:
    """The attempt that this browser started; taken out, so that it serves once."""
    with services.db.transaction() as session:
        row = session.get(SignIn, auth.digest(request.cookies.get(COOKIE, "")), with_for_update=True)
        if row is not None:
            session.delete(row)
    if row is None or row.created_at + _PATIENCE < services.clock() or not secrets.compare_digest(row.state, state):
        raise Unauthorised(
            "sign-in-attempt", "This sign-in was not started in this browser, or took too long.", "Sign in again."
        )
    return row


def _flow(attempt: SignIn, services: Services) -> CodeFlow:
    return CodeFlow(attempt.state, attempt.nonce, attempt.verifier, _redirect_uri(services))


def _welcome(session: Session, claims: Claims, invitation: str | None, visitor: Actor) -> str:
    """The person behind the account; unknown accounts are refused by the people's domain."""
    identity, event = auth.identity_of(claims, invitation), auth.sign_in_event(claims, visitor)
    return people.sign_in(session, identity, event=event).id


@router.post("/sign-out", name="auth.sign-out")
def sign_out(request: Request, session: Tx, services: Svc, visitor: Visitor) -> Response:
    """End the session here and, by way of the browser, at the provider."""
    cookie = getattr(request.state, "web_session", None)
    if cookie is not None:
        auth.close_session(session, cookie, services.clock())
        record(session, AuditEvent(action="session.sign-out", actor=visitor), services.clock)
    response = RedirectResponse(_client(request).sign_out_url(f"{services.settings.public_url}/"), 303)
    response.delete_cookie(auth.COOKIE, path="/", secure=True, httponly=True)
    return response


@router.post("/backchannel-logout", name="auth.backchannel-logout")
def backchannel_logout(
    request: Request, session: Tx, services: Svc, visitor: Visitor, logout_token: Annotated[str, Form(max_length=8000)]
) -> Response:
    """The provider says that a session ended there: ours ends too, and bearer tokens of it are refused from now on."""
    claims = _client(request).logout_token(logout_token)
    for person in sorted(auth.close_by_provider(session, claims, services.clock())):
        event = AuditEvent(action="session.sign-out", actor=visitor, target=person, detail={"by": "provider"})
        record(session, event, services.clock)
    return Response(status_code=200)

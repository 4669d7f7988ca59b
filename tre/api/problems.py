"""Errors as problem documents (RFC 9457) or pages, and refusals as audit events (design §8)."""

from collections.abc import Awaitable, Callable
from typing import Any, cast

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from tre.api.context import Services
from tre.audit.events import AuditEvent
from tre.audit.service import record
from tre.core.errors import Invalid, TreError, Unavailable
from tre.core.people import ANONYMOUS, Actor

log = structlog.get_logger("tre.api")

Handler = Callable[[Request, Exception], Awaitable[Response]]
# Draws an error as a page; set by the web application, absent on the internal listeners.
PageOfError = Callable[[Request, int, dict[str, Any]], Response]

_REFUSALS = frozenset({401, 403, 404, 409, 410})


def problem(request: Request, error: TreError) -> dict[str, Any]:
    """The members of the problem document; ``type`` is the stable code and nothing internal is told."""
    return {
        "type": f"urn:tre:error:{error.code}",
        "code": error.code,
        "title": error.message,
        "status": error.status,
        "detail": error.message,
        "remedy": error.remedy,
        "request_id": getattr(request.state, "request_id", ""),
    }


def record_refusal(request: Request, error: TreError) -> None:
    """Write the refusal in a transaction of its own: the one of the call is gone (requirement T31)."""
    route = request.scope.get("route")
    services = cast(Services, request.app.state.services)
    event = AuditEvent(
        action=getattr(route, "name", None) or "request.unknown",
        actor=_actor(request),
        project=_short(request.path_params.get("slug")),
        target=_short(_target(request)),
        outcome="refused",
        detail={"code": error.code, "status": error.status, "method": request.method},
    )
    try:
        with services.db.transaction() as session:
            record(session, event, services.clock)
    except DBAPIError as failure:
        log.error("refusal-not-recorded", code=error.code, cause=type(failure).__name__)


def _actor(request: Request) -> Actor:
    actor = getattr(request.state, "actor", None)
    if actor is not None:
        return cast(Actor, actor)
    client = request.client.host if request.client else None
    return Actor(
        kind=ANONYMOUS.kind,
        label=ANONYMOUS.label,
        address=client,
        request_id=getattr(request.state, "request_id", None),
    )


def _target(request: Request) -> str | None:
    ids = [value for key, value in request.path_params.items() if key != "slug"]
    return str(ids[-1]) if ids else None


def _short(value: object) -> str | None:
    """What the caller sent as an identifier, cut to the column and made of printable ASCII: it goes into the log."""
    if value is None:
        return None
    kept = "".join(c for c in str(value) if c.isascii() and c.isprintable())
    return kept[:40] or None


def wants_page(request: Request) -> bool:
    """Pages for browsers, documents for programs."""
    return request.app.state.error_page is not None and not request.url.path.startswith("/api/")


async def answer(request: Request, error: TreError) -> Response:
    """The answer for an expected failure, recorded first when it is a refusal of somebody known or of a known route."""
    if error.status in _REFUSALS and not (error.status == 401 and error.code == "sign-in-required"):
        await run_in_threadpool(record_refusal, request, error)
    document = problem(request, error)
    if wants_page(request):
        draw = cast(PageOfError, request.app.state.error_page)
        return await run_in_threadpool(draw, request, error.status, document)
    headers = {"WWW-Authenticate": "Bearer"} if error.status == 401 else None
    return JSONResponse(document, error.status, headers, media_type="application/problem+json")


async def _expected(request: Request, error: Exception) -> Response:
    return await answer(request, cast(TreError, error))


async def _invalid(request: Request, error: Exception) -> Response:
    """Name the fields that are wrong; never echo what was sent (it may be a patient value)."""
    fields = cast(RequestValidationError, error).errors()
    named = sorted({".".join(str(part) for part in item["loc"][1:]) or str(item["loc"][0]) for item in fields})
    return await answer(
        request,
        Invalid("input-invalid", f"Not understood: {', '.join(named)}.", "Correct these fields and send again."),
    )


async def _http(request: Request, error: Exception) -> Response:
    """Starlette's own errors (no such path, wrong method) in the same shape."""
    failure = cast(HTTPException, error)
    shaped = TreError("http-error", "This address does not exist or does not take this method.", "Check the address.")
    shaped.status = failure.status_code
    document = problem(request, shaped)
    if wants_page(request):
        return await run_in_threadpool(
            cast(PageOfError, request.app.state.error_page), request, shaped.status, document
        )
    return JSONResponse(document, shaped.status, failure.headers, media_type="application/problem+json")


async def _database_down(request: Request, error: Exception) -> Response:
    log.error("database", cause=type(error).__name__, route=getattr(request.scope.get("route"), "name", None))
    return await answer(
        request,
        Unavailable("database-unavailable", "The database did not answer; nothing was done.", "Try again shortly."),
    )


async def _unexpected(request: Request, error: Exception) -> Response:
    """A fault of ours: the log has the place, the person gets the request id."""
    log.exception("unexpected", exc_info=error, request_id=getattr(request.state, "request_id", ""))
    return await answer(
        request, TreError("internal", "Something failed on our side; nothing was done.", "Tell support the request id.")
    )


def install_problem_handlers(app: FastAPI, error_page: PageOfError | None = None) -> None:
    """Every error of every route answers in one shape."""
    app.state.error_page = error_page
    handlers: dict[type[Exception], Handler] = {
        TreError: _expected,
        RequestValidationError: _invalid,
        HTTPException: _http,
        OperationalError: _database_down,
        PoolTimeout: _database_down,
        Exception: _unexpected,
    }
    for kind, handler in handlers.items():
        app.add_exception_handler(kind, handler)

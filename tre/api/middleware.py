"""Around every call: a request id, security headers, one log line, metrics. Never a query string, cookie or token."""

import re
import time
from typing import Any

import structlog
from prometheus_client import Counter, Histogram
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tre.core.ids import new_id

log = structlog.get_logger("tre.http")

CALLS = Counter("tre_http_requests_total", "Calls answered.", ["listener", "route", "method", "status"])
SECONDS = Histogram("tre_http_request_seconds", "Time to answer.", ["listener", "route"])

_CSP = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'{forms}; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), clipboard-read=()",
    "Strict-Transport-Security": "max-age=31536000",
}
_REQUEST_ID = re.compile(rb"^[A-Za-z0-9-]{8,64}$")


def content_security_policy(form_targets: str = "") -> str:
    """No inline script or style, nothing foreign; ``form_targets`` are origins to which our forms may redirect."""
    return _CSP.format(forms=f" {form_targets}" if form_targets else "")


class Around:
    """Pure ASGI, so that streams stay streams."""

    def __init__(self, app: ASGIApp, listener: str, csp: str) -> None:
        self.app, self.listener, self.csp = app, listener, csp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = _request_id(scope)
        scope.setdefault("state", {})["request_id"] = request_id
        started, status = time.perf_counter(), 500

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                self._headers(MutableHeaders(scope=message), request_id)
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                await self.app(scope, receive, sending)
            finally:
                self._account(scope, status, time.perf_counter() - started)

    def _headers(self, headers: MutableHeaders, request_id: str) -> None:
        headers["X-Request-Id"] = request_id
        for name, value in _HEADERS.items():
            headers.setdefault(name, value)
        headers.setdefault("Content-Security-Policy", self.csp)
        headers.setdefault("Cache-Control", "no-store")

    def _account(self, scope: Scope, status: int, seconds: float) -> None:
        route = getattr(scope.get("route"), "name", None) or "none"
        CALLS.labels(self.listener, route, scope["method"], status).inc()
        SECONDS.labels(self.listener, route).observe(seconds)
        actor = scope.get("state", {}).get("actor")
        fields: dict[str, Any] = {
            "listener": self.listener, "route": route, "method": scope["method"], "status": status,
            "ms": round(seconds * 1000, 1), "person": getattr(actor, "person_id", None),
        }  # fmt: skip
        if route not in {"ops.health", "ops.ready", "ops.metrics", "web.static"}:
            log.info("call", **fields)


def _request_id(scope: Scope) -> str:
    """The ingress's id when it is well formed, so that logs join; else our own."""
    for name, value in scope["headers"]:
        if name == b"x-request-id" and _REQUEST_ID.match(value):
            return str(value.decode())
    return new_id("rqt")

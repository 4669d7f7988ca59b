"""Bursts are slowed down (requirement TIR-16): a bucket of calls for each address, smaller for signing in.

In memory, per process: it protects this process; the ingress in front may count for all of them.
"""

import time
from collections import OrderedDict
from dataclasses import dataclass

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

_MOST_ADDRESSES = 10_000


@dataclass(frozen=True)
class Rate:
    """``burst`` calls at once, then ``refill`` a second."""

    burst: float
    refill: float


CALLS, SIGN_IN = Rate(600, 60), Rate(60, 1)


class Buckets:
    """Token buckets by key; the least recently used are forgotten (a forgotten bucket is a full one)."""

    def __init__(self, rate: Rate) -> None:
        self.rate = rate
        self._held: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, key: str, now: float) -> float:
        """0 when the call may go on, else the seconds to wait."""
        tokens, at = self._held.pop(key, (self.rate.burst, now))
        tokens = min(self.rate.burst, tokens + (now - at) * self.rate.refill)
        allowed = tokens >= 1
        self._held[key] = (tokens - 1 if allowed else tokens, now)
        if len(self._held) > _MOST_ADDRESSES:
            self._held.popitem(last=False)
        return 0.0 if allowed else (1 - tokens) / self.rate.refill


class Limits:
    """ASGI middleware of people's listener."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._calls, self._sign_in = Buckets(CALLS), Buckets(SIGN_IN)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        if scope["type"] != "http" or path in {"/healthz", "/readyz"} or path.startswith("/static/"):
            await self.app(scope, receive, send)
            return
        buckets = self._sign_in if path.startswith("/auth/sign-in") else self._calls
        client = scope.get("client")
        wait = buckets.take(client[0] if client else "", time.monotonic())
        if wait:
            document = {
                "type": "urn:tre:error:too-many-calls", "code": "too-many-calls", "title": "Too many calls.",
                "status": 429, "detail": "Too many calls from this address.", "remedy": "Wait, then try again.",
            }  # fmt: skip
            headers = {"Retry-After": str(int(wait) + 1)}
            await JSONResponse(document, 429, headers, media_type="application/problem+json")(scope, receive, send)
            return
        await self.app(scope, receive, send)

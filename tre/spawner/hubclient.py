"""Calls of the hub and the gateway to the control plane's hub API. Anything but a good answer refuses."""

from typing import Any

import aiohttp

from tre.core.errors import Conflict, Forbidden, Gone, Invalid, NotFound, TreError, Unauthorised, Unavailable

_KINDS: dict[int, type[TreError]] = {
    401: Unauthorised, 403: Forbidden, 404: NotFound, 409: Conflict, 410: Gone, 422: Invalid,
}  # fmt: skip


class HubApi:
    """One connection pool to the control plane; make it inside a running loop."""

    def __init__(self, base_url: str, service_token: str, timeout: float = 20.0) -> None:
        self._base = f"{base_url}/internal/v1"
        self._headers = {"Authorization": f"Bearer {service_token}"}
        self._timeout = aiohttp.ClientTimeout(total=timeout, connect=5)
        self._session: aiohttp.ClientSession | None = None

    async def call(self, method: str, path: str, body: Any = None, **query: str) -> dict[str, Any]:
        """The answer's document; raises the TreError that the problem document names, Unavailable for no answer."""
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=self._timeout, headers=self._headers)
        try:
            async with self._session.request(method, self._base + path, json=body, params=query) as answer:
                if answer.status == 204:
                    return {}
                document = await answer.json(content_type=None)
        except (aiohttp.ClientError, TimeoutError, ValueError) as cause:
            raise Unavailable("control-plane-unavailable", "The control plane did not answer.", "Try again.") from cause
        if answer.status != 200 or not isinstance(document, dict):
            raise _problem(answer.status, document)
        return document

    async def close(self) -> None:
        """Close the pool."""
        if self._session is not None:
            await self._session.close()


def _problem(status: int, document: object) -> TreError:
    fields = document if isinstance(document, dict) else {}
    kind = _KINDS.get(status, Unavailable)
    message = str(fields.get("title") or "The control plane refused.")
    return kind(str(fields.get("code") or "control-plane-refused"), message, str(fields.get("remedy") or "Try again."))

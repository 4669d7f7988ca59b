"""Signing the personas in: password and one-time code, as a person would, or a token for the API."""

import base64
import fcntl
import hashlib
import hmac
import json
import ssl
import struct
import time
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import httpx

from demo import paths
from demo.install import NAMESPACE, kubectl


@lru_cache(maxsize=1)
def _secrets() -> dict[str, str]:
    data = json.loads(kubectl("get", "secret", "tre-demo-personas", "-n", NAMESPACE, "-o", "json"))["data"]
    return {key: base64.b64decode(value).decode() for key, value in data.items()}


@dataclass(frozen=True)
class Persona:
    """A fictional person of the demonstration."""

    username: str
    password: str = field(repr=False)
    totp: str = field(repr=False)

    def key(self) -> str:
        """Tells this installation's persona from an earlier one's, without its secret."""
        return f"{self.username}-{hashlib.sha256(self.totp.encode()).hexdigest()[:12]}"

    def code(self, step: int) -> str:
        """The one-time code (RFC 6238, SHA-1, 6 digits) of a 30-second step."""
        digest = hmac.new(self.totp.encode(), struct.pack(">Q", step), hashlib.sha1).digest()
        offset = digest[-1] & 15
        number = struct.unpack(">I", digest[offset : offset + 4])[0] & 0x7FFFFFFF
        return f"{number % 1_000_000:06d}"


def persona(username: str) -> Persona:
    """The persona of that user name, with the secrets that the chart generated."""
    held = _secrets()
    return Persona(username, held[f"{username}.password"], held[f"{username}.totp"])


def fresh_code(who: Persona) -> str:
    """A code that was not used yet, by any run on this machine: a code is good once, one step early or late."""
    ledger = paths.STATE / "demo-codes.json"
    while True:
        with ledger.open("a+") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            held.seek(0)
            used: dict[str, int] = json.loads(held.read() or "{}")
            now = int(time.time()) // 30
            step = next((step for step in (now - 1, now, now + 1) if step > used.get(who.key(), 0)), None)
            if step is not None:
                held.truncate(0)
                held.write(json.dumps({**used, who.key(): step}))
                return who.code(step)
        time.sleep(1)


class Refused(Exception):
    """A call that the API refused; ``status`` and ``code`` of its problem document."""

    def __init__(self, status: int, problem: dict[str, Any]) -> None:
        super().__init__(f"{status} {problem.get('type')}: {problem.get('detail')} {problem.get('remedy', '')}")
        self.status, self.code, self.problem = status, str(problem.get("type")), problem


@lru_cache(maxsize=1)
def _context() -> Any:
    return ssl.create_default_context(cafile=str(paths.ca()[0]))


class Loopback(httpx.HTTPTransport):
    """Sends `*.localhost` to this machine, as browsers do; Python's resolver may not know them."""

    def __init__(self) -> None:
        super().__init__(verify=_context(), retries=2)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        host = request.url.host
        if host.endswith(".localhost"):
            request.extensions = {**request.extensions, "sni_hostname": host}
            request.url = request.url.copy_with(host="127.0.0.1")
        return super().handle_request(request)


class Api:
    """The API as one persona; the token is renewed before it ends."""

    def __init__(self, username: str) -> None:
        self.who = persona(username)
        self._client = httpx.Client(transport=Loopback(), timeout=60)
        self._tokens: dict[str, Any] = {}
        self._until = 0.0

    def _token(self) -> str:
        if time.time() > self._until - 20:
            renewed = self._renew() or self._sign_in()
            self._tokens, self._until = renewed, time.time() + renewed["expires_in"]
        return str(self._tokens["access_token"])

    def _sign_in(self, tries: int = 3) -> dict[str, Any]:
        """Password and a code; another code when somebody at a browser has just used this one."""
        for left in reversed(range(tries)):
            try:
                return self._grant(
                    grant_type="password", username=self.who.username, password=self.who.password,
                    totp=fresh_code(self.who),
                )  # fmt: skip
            except Refused:
                if not left:
                    raise
        raise AssertionError("unreachable")

    def _renew(self) -> dict[str, Any] | None:
        if "refresh_token" not in self._tokens:
            return None
        try:
            return self._grant(grant_type="refresh_token", refresh_token=self._tokens["refresh_token"])
        except Refused:
            return None

    def _grant(self, **form: str) -> dict[str, Any]:
        url = f"https://id.{paths.DOMAIN}/realms/tre/protocol/openid-connect/token"
        answer = self._client.post(url, data={"client_id": "tre-cli", "scope": "openid", **form})
        if answer.status_code != 200:
            raise Refused(answer.status_code, {"type": "sign-in", "detail": answer.text})
        tokens: dict[str, Any] = answer.json()
        return tokens

    def call(self, method: str, path: str, **options: Any) -> httpx.Response:
        """One call; raises Refused."""
        headers = {"Authorization": f"Bearer {self._token()}", **options.pop("headers", {})}
        answer = self._client.request(method, f"https://{paths.DOMAIN}/api/v1{path}", headers=headers, **options)
        if answer.status_code >= 400:
            kind = answer.headers.get("content-type", "")
            raise Refused(answer.status_code, answer.json() if "json" in kind else {"detail": answer.text[:300]})
        return answer

    def get(self, path: str, **query: Any) -> Any:
        return self.call("GET", path, params=query).json()

    def post(self, path: str, body: dict[str, Any] | None = None, **headers: str) -> Any:
        answer = self.call("POST", path, json=body, headers=headers) if body is not None else self.call("POST", path)
        return answer.json() if answer.content else None

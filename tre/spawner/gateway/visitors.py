"""Who is looking: the gateway is the hub's OAuth client, once per notebook, and lets in its owner only (design §2)."""

import base64
import hashlib
import logging
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlencode

import aiohttp

from tre.core.errors import Forbidden, Unavailable
from tre.spawner.gateway.live import Live
from tre.spawner.settings import WorkspaceSettings

log = logging.getLogger("tre.gateway")

LOGIN_SECONDS = 600
VISIT_SECONDS = 12 * 3600
RECHECK_SECONDS = 30
MAX_LOGINS = 2000
MAX_VISITORS = 5000


@dataclass
class Login:
    """A sign-in that has begun: bound to the browser by a cookie, used once."""

    person: str
    verifier: str
    back_to: str
    begun: float = field(default_factory=time.monotonic)


@dataclass
class Visitor:
    """A browser whose owner the hub has named; ``checked`` is when the hub last confirmed it."""

    person: str
    session_id: str
    token: str
    since: float = field(default_factory=time.monotonic)
    checked: float = field(default_factory=time.monotonic)


def _hash(value: str) -> bytes:
    return hashlib.sha256(value.encode()).digest()


def challenge(verifier: str) -> str:
    """PKCE S256."""
    return base64.urlsafe_b64encode(_hash(verifier)).rstrip(b"=").decode()


class Visitors:
    """In memory: a restarted gateway asks the hub again, which the person does not notice."""

    def __init__(self, settings: WorkspaceSettings, client: Callable[[], aiohttp.ClientSession]) -> None:
        self._settings, self._client = settings, client
        self._logins: dict[bytes, Login] = {}
        self._visitors: dict[bytes, Visitor] = {}

    def begin(self, person: str, back_to: str) -> tuple[str, str]:
        """A new sign-in: the hub's address to go to, and the state for the browser's cookie."""
        self._expire()
        state, verifier = secrets.token_urlsafe(24), secrets.token_urlsafe(48)
        self._logins[_hash(state)] = Login(person, verifier, back_to)
        query = {
            "client_id": self._client_id(person),
            "redirect_uri": self._redirect(person),
            "response_type": "code",
            "state": state,
            "code_challenge": challenge(verifier),
            "code_challenge_method": "S256",
        }
        return f"{self._settings.hub_origin}/hub/api/oauth2/authorize?{urlencode(query)}", state

    async def finish(self, live: Live, state: str, cookie_state: str, code: str) -> tuple[str, str]:
        """The cookie's new value and where to go; raises Forbidden ``sign-in-invalid`` or ``not-yours``."""
        login = self._logins.pop(_hash(state), None)
        expected = secrets.compare_digest(state.encode(), cookie_state.encode())
        if login is None or not expected or login.person != live.person or not code:
            raise Forbidden("sign-in-invalid", "This sign-in has expired.", "Open the notebook again.")
        token = await self._token(live, code, login.verifier)
        if await self._owner(token) != live.person:
            raise Forbidden("not-yours", "This notebook is somebody else's.", "Open your own from the project's page.")
        cookie = secrets.token_urlsafe(32)
        if len(self._visitors) >= MAX_VISITORS:
            self._expire()
        self._visitors[_hash(cookie)] = Visitor(live.person, live.session_id, token)
        return cookie, login.back_to

    async def check(self, live: Live, cookie: str | None) -> Visitor | None:
        """The visitor of a cookie, confirmed by the hub within the last half minute; None for anybody else."""
        key = _hash(cookie or "")
        visitor = self._visitors.get(key)
        if visitor is None or visitor.person != live.person or visitor.session_id != live.session_id:
            return None
        now = time.monotonic()
        if now - visitor.since > VISIT_SECONDS:
            self._visitors.pop(key, None)
            return None
        if now - visitor.checked > RECHECK_SECONDS:
            if await self._owner(visitor.token) != visitor.person:
                self._visitors.pop(key, None)
                return None
            visitor.checked = now
        return visitor

    def forget(self, session_id: str) -> None:
        """The session has ended: its visitors are nobody."""
        self._visitors = {key: v for key, v in self._visitors.items() if v.session_id != session_id}

    def _client_id(self, person: str) -> str:
        return f"jupyterhub-user-{person}"

    def _redirect(self, person: str) -> str:
        return f"{self._settings.notebook_origin(person)}/user/{person}/oauth_callback"

    async def _token(self, live: Live, code: str, verifier: str) -> str:
        form = {
            "client_id": self._client_id(live.person),
            "client_secret": self._settings.client_secret(live.session_id),
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._redirect(live.person),
            "code_verifier": verifier,
        }
        try:
            async with self._client().post(f"{self._settings.hub_url}/hub/api/oauth2/token", data=form) as answer:
                document = await answer.json(content_type=None)
        except (aiohttp.ClientError, TimeoutError, ValueError) as cause:
            raise Unavailable("hub-unavailable", "The hub did not answer.", "Try again in a moment.") from cause
        token = document.get("access_token") if isinstance(document, dict) and answer.status == 200 else None
        if not isinstance(token, str) or not token:
            log.warning("the hub refused a code: %s", answer.status)
            raise Forbidden("sign-in-invalid", "The hub did not confirm this sign-in.", "Open the notebook again.")
        return token

    async def _owner(self, token: str) -> str | None:
        """Whose token this is; None when the hub does not vouch for it, or does not answer (fail closed)."""
        headers = {"Authorization": f"token {token}"}
        try:
            async with self._client().get(f"{self._settings.hub_url}/hub/api/user", headers=headers) as answer:
                document = await answer.json(content_type=None) if answer.status == 200 else {}
        except (aiohttp.ClientError, TimeoutError, ValueError):
            return None
        return str(document["name"]) if isinstance(document, dict) and document.get("name") else None

    def _expire(self) -> None:
        now = time.monotonic()
        self._logins = {k: v for k, v in self._logins.items() if now - v.begun < LOGIN_SECONDS}
        while len(self._logins) >= MAX_LOGINS:
            self._logins.pop(next(iter(self._logins)))
        self._visitors = {k: v for k, v in self._visitors.items() if now - v.since < VISIT_SECONDS}

"""Who has a live notebook where: asked of the control plane, never of the request; forgotten when it is silent."""

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tre.core.errors import TreError
from tre.spawner.hubclient import HubApi

log = logging.getLogger("tre.gateway")

FRESH_SECONDS = 2.0
# Without an answer for so long, sessions are treated as ended: revocation must reach us within 60 s.
BLIND_SECONDS = 30.0


@dataclass(frozen=True)
class Live:
    """A live session of one person: where its server is and the token that it accepts."""

    session_id: str
    person: str
    address: str
    notebook_token: str
    idle_minutes: int = 60


def read_live(entry: dict[str, Any], person: str) -> Live | None:
    """The session in an answer's entry, or None when anything is missing."""
    try:
        found = Live(
            str(entry["session_id"]), str(entry["person"]), str(entry["address"]), str(entry["notebook_token"]),
            int(entry.get("idle_minutes", 60)),
        )  # fmt: skip
    except (KeyError, TypeError, ValueError):
        return None
    return found if found.person == person and found.address and len(found.notebook_token) >= 16 else None


class LiveSessions:
    """A small cache over the hub API, and a watch that tells when a session has ended."""

    def __init__(self, control: HubApi) -> None:
        self._control = control
        self._known: dict[str, tuple[float, Live | None]] = {}
        self._heard = time.monotonic()
        self._on_end: list[Callable[[Live], None]] = []
        self._listed: set[str] = set()

    def on_end(self, call: Callable[[Live], None]) -> None:
        """Call back when a session that was live is not any more."""
        self._on_end.append(call)

    def current(self) -> list[Live]:
        """Sessions that were live when last heard of."""
        return [live for _, live in self._known.values() if live is not None]

    def persons(self) -> list[str]:
        """Everybody in the project who has a live session, as last listed, visited or not."""
        return sorted(self._listed)

    async def of(self, person: str) -> Live | None:
        """The person's live session; raises TreError when the control plane does not say."""
        cached = self._known.get(person)
        if cached is not None and cached[1] is not None and time.monotonic() - cached[0] < FRESH_SECONDS:
            return cached[1]
        answer = await self._control.call("GET", "/sessions/live", person=person)
        entries = answer.get("sessions") or []
        live = read_live(entries[0], person) if len(entries) == 1 else None
        self._replace(person, live)
        return live

    def _replace(self, person: str, live: Live | None) -> None:
        former = self._known.get(person, (0.0, None))[1]
        if live is None:
            self._known.pop(person, None)
        else:
            self._known[person] = (time.monotonic(), live)
        if former is not None and (live is None or live.session_id != former.session_id):
            for call in self._on_end:
                call(former)

    async def watch(self, pause: float = FRESH_SECONDS) -> None:
        """Follow the known sessions for ever; ends those that the control plane no longer lists."""
        while True:
            await asyncio.sleep(pause)
            await self.look()

    async def look(self) -> None:
        """Compare once."""
        try:
            answer = await self._control.call("GET", "/sessions/live")
        except TreError as failure:
            log.warning("live sessions unknown: %s", failure.code)
            if time.monotonic() - self._heard > BLIND_SECONDS:
                for person in list(self._known):
                    self._replace(person, None)
            return
        self._heard = time.monotonic()
        self._listed = {str(entry.get("person")) for entry in answer.get("sessions") or []}
        listed = {str(entry.get("session_id")) for entry in answer.get("sessions") or []}
        for person, (_, live) in list(self._known.items()):
            if live is not None and live.session_id in listed:
                self._known[person] = (self._known[person][0], live)
            else:
                self._replace(person, None)

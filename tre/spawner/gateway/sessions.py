"""What the gateway holds of one live session: its budget, its open sockets, when it was last used."""

import asyncio
import time
from dataclasses import dataclass, field

from tre.spawner.gateway.budget import Budget


@dataclass
class Held:
    """Held while the session lives; ``ended`` is set when it must stop, and every socket watches it."""

    session_id: str
    budget: Budget = field(default_factory=Budget)
    used_at: float = field(default_factory=time.monotonic)
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    reason: str = "ended"

    def touch(self) -> None:
        """A person did something: typed, ran, saved. Lab's own polling does not count."""
        self.used_at = time.monotonic()

    def stop(self, reason: str) -> None:
        """Close every socket of the session."""
        if not self.ended.is_set():
            self.reason = reason
            self.ended.set()


class Holding:
    """Every session that the gateway has seen since it started."""

    def __init__(self) -> None:
        self._held: dict[str, Held] = {}

    def of(self, session_id: str) -> Held:
        """The session's, made at its first request."""
        return self._held.setdefault(session_id, Held(session_id))

    def drop(self, session_id: str, reason: str = "ended") -> None:
        """The session is over."""
        held = self._held.pop(session_id, None)
        if held is not None:
            held.stop(reason)

    def stop_all(self, reason: str) -> None:
        """Close every socket, when nothing can be traced any more."""
        for session_id in list(self._held):
            self.drop(session_id, reason)

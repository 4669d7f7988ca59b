"""When to try again what failed: later each time. Kept in memory: losing it loses only a delay."""

import time
from collections.abc import Callable
from threading import Lock


class Backoff:
    """Delays double from ``first`` to ``most`` seconds; ``first`` 0 never delays."""

    def __init__(self, first: float = 2.0, most: float = 300.0, now: Callable[[], float] = time.monotonic) -> None:
        self._first, self._most, self._now = first, most, now
        self._known: dict[str, tuple[float, float]] = {}  # key -> the delay now, and when it is over
        self._lock = Lock()

    def ready(self, key: str) -> bool:
        """True when ``key`` may be tried."""
        with self._lock:
            return key not in self._known or self._now() >= self._known[key][1]

    def failed(self, key: str) -> None:
        """Count a failure."""
        with self._lock:
            delay = min(self._known[key][0] * 2 if key in self._known else self._first, self._most)
            self._known[key] = (delay, self._now() + delay)

    def done(self, key: str) -> None:
        """Forget a key that succeeded."""
        with self._lock:
            self._known.pop(key, None)

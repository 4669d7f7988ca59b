"""Progress lines: `[3/9] building kubernetes ... 4m12s`."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

TICK_SECONDS = 30.0


def duration(seconds: float) -> str:
    """Return a time as people read it: `0.4s`, `12s`, `4m12s`."""
    if seconds < 10:
        return f"{seconds:.1f}s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}m{rest:02d}s" if minutes else f"{rest}s"


class Progress:
    """Numbers the steps of one command and says how long each took."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._number = 0
        self.started = time.monotonic()

    @contextmanager
    def step(self, title: str) -> Iterator[None]:
        """Show a step while its body runs; a long one shows its time every 30 seconds."""
        self._number += 1
        head = f"[{self._number}/{self._total}] {title} ..."
        start = time.monotonic()
        done = threading.Event()
        ticker = threading.Thread(target=self._tick, args=(head, start, done), daemon=True)
        ticker.start()
        try:
            yield
        except BaseException:
            say(f"{head} failed after {duration(time.monotonic() - start)}")
            raise
        finally:
            done.set()
            ticker.join()
        say(f"{head} {duration(time.monotonic() - start)}")

    def _tick(self, head: str, start: float, done: threading.Event) -> None:
        while not done.wait(TICK_SECONDS):
            say(f"{head} {duration(time.monotonic() - start)} so far")


def say(text: str) -> None:
    """Print a line at once, even into a pipe."""
    print(text, flush=True)


def warn(text: str) -> None:
    """Print a warning on standard error."""
    print(f"warning: {text}", file=sys.stderr, flush=True)

"""Waiting for a condition, with a limit, and saying so when it is over."""

import time
from collections.abc import Callable
from typing import TypeVar

from demo.say import StoryBroken

T = TypeVar("T")


def until(what: str, probe: Callable[[], T | None], limit: float = 180, every: float = 0.5) -> T:
    """The first answer of ``probe`` that is not None; the story breaks after ``limit`` seconds."""
    end = time.monotonic() + limit
    while (answer := probe()) is None:
        if time.monotonic() > end:
            raise StoryBroken(f"the demonstration failed: still waiting for {what} after {limit:.0f} s")
        time.sleep(every)
    return answer

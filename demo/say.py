"""The story's voice: numbered chapters, one line a fact, seconds since the start."""

import sys
import time

_START = time.monotonic()
_chapter = 0


def chapter(title: str) -> None:
    """Begin a chapter."""
    global _chapter  # noqa: PLW0603  # one voice, one counter
    _chapter += 1
    print(f"\n{_chapter}. {title}", flush=True)


def say(text: str) -> None:
    """One fact."""
    print(f"   {time.monotonic() - _START:5.0f} s  {text}", flush=True)


class StoryBroken(SystemExit):
    """Something did not happen as the story says; the demonstration ends with a failure."""


def expect(truth: bool, text: str) -> None:
    """Say it when it is so; stop the demonstration, loudly, when it is not."""
    if not truth:
        print(f"   FAILED  {text}", file=sys.stderr, flush=True)
        raise StoryBroken(f"the demonstration failed: {text}")
    say(text)

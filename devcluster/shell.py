"""Start other programs and wait for conditions."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from devcluster.errors import DevClusterError


def run(argv: Sequence[str | Path], *, stdin: str | None = None, env: Mapping[str, str] | None = None) -> str:
    """Run a program and return its output.

    Raises DevClusterError with the program's own words when it fails.
    """
    command = [str(part) for part in argv]
    try:
        done = subprocess.run(command, input=stdin, env=env, capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        raise DevClusterError(f"{command[0]} is not installed.") from error
    if done.returncode != 0:
        words = (done.stderr.strip() or done.stdout.strip())[-2000:]
        raise DevClusterError(f"`{' '.join(command[:6])}` failed ({done.returncode}): {words}")
    return done.stdout


def quiet(argv: Sequence[str | Path]) -> bool:
    """Run a program for its effect; return whether it succeeded."""
    try:
        done = subprocess.run([str(part) for part in argv], capture_output=True, check=False)
    except FileNotFoundError:
        return False
    return done.returncode == 0


def wait_for(what: str, condition: Callable[[], bool], *, seconds: float, interval: float = 0.2) -> None:
    """Wait until the condition holds.

    Raises DevClusterError naming what did not happen in time.
    """
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise DevClusterError(f"{what}: not within {seconds:.0f} s.")
        time.sleep(interval)

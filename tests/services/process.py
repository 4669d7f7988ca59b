"""Starting a server, waiting until it answers, stopping it: what the three services share."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path


class ServiceFailed(RuntimeError):
    """The server did not start; the message carries the end of its log."""


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def cache_bin(name: str) -> Path:
    """A tool built by the development cluster; raises ServiceFailed saying how to get it."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    path = cache / "tre" / "bin" / name
    if not path.exists():
        raise ServiceFailed(f"{name} is not built yet ({path}): run `make tools`")
    return path


def _dying_with_us(argv: Sequence[str]) -> list[str]:
    """The command, told by the kernel to end when this test run does, even when the run is killed."""
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "TERM", *argv] if setpriv else list(argv)


class ServerProcess:
    """One server process of ours, ended by its own id."""

    def __init__(self, argv: Sequence[str], log: Path, env: Mapping[str, str], user: str | None = None) -> None:
        self._log = log
        with log.open("ab") as sink:
            self._process = subprocess.Popen(
                _dying_with_us(argv),
                stdout=sink,
                stderr=subprocess.STDOUT,
                env=dict(env),
                user=user,
                start_new_session=True,
            )

    def wait_until(self, answers: Callable[[], bool], seconds: float = 120) -> None:
        """Return once ``answers()`` is true; raises ServiceFailed when the process ends or time is up."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                raise ServiceFailed(f"ended with {self._process.returncode}: {self.log_tail()}")
            if answers():
                return
            time.sleep(0.05)
        raise ServiceFailed(f"no answer within {seconds} s: {self.log_tail()}")

    def log_tail(self, size: int = 2000) -> str:
        return self._log.read_text(errors="replace")[-size:]

    def stop(self) -> None:
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()

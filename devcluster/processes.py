"""Start, find and stop the cluster's processes.

A process is detached from the shell that started it. Its pid file also holds the process's start time, so that a pid
that the machine gave to another program since then is not mistaken for ours.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from devcluster.errors import DevClusterError
from devcluster.paths import Paths

PROC = Path("/proc")
LOG_BYTES = 32 * 1024 * 1024
SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(frozen=True)
class Service:
    """A program of the cluster that keeps running."""

    name: str
    argv: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict)


def start_time(pid: int) -> str | None:
    """Return when the process started (clock ticks since boot), or None when it is gone or a zombie."""
    try:
        text = (PROC / str(pid) / "stat").read_text()
    except OSError:
        return None
    fields = text.rpartition(")")[2].split()
    return None if fields[0] in "ZX" else fields[19]


def find(paths: Paths, name: str) -> int | None:
    """Return the pid of our process of this name if it runs."""
    try:
        pid_text, started = (paths.pids / name).read_text().split()[:2]
        pid = int(pid_text)
    except (OSError, ValueError):
        return None
    return pid if start_time(pid) == started else None


def fingerprint(service: Service) -> str:
    """Return a hash of what a service is started with: its program, arguments and the files that they name."""
    program = shutil.which(service.argv[0], path=SYSTEM_PATH) or service.argv[0]
    total = hashlib.sha256(str(Path(program).resolve()).encode())
    for argument in (*service.argv, *(f"{key}={value}" for key, value in service.env.items())):
        total.update(argument.encode() + b"\0")
        file = Path(argument.rpartition("=")[2])
        if file.is_absolute() and file.is_file() and file.suffix != ".log" and file != Path(program):
            total.update(file.read_bytes())
    return total.hexdigest()[:16]


def is_current(paths: Paths, service: Service) -> bool:
    """Return whether the service runs, started with what it would be started with now."""
    if find(paths, service.name) is None:
        return False
    return (paths.pids / service.name).read_text().split()[2:] == [fingerprint(service)]


def start(paths: Paths, service: Service) -> int:
    """Start a service, or start it again with a changed configuration; return its pid.

    Its environment is bare: nothing of the caller's (proxies, tokens) reaches it.
    """
    running = find(paths, service.name)
    if running is not None and is_current(paths, service):
        return running
    stop(paths, service.name)
    env = {"PATH": SYSTEM_PATH, "HOME": str(paths.state), "LANG": "C.UTF-8", **service.env}
    with _log(paths, service.name).open("ab") as log:
        process = subprocess.Popen(
            service.argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=env, cwd="/", start_new_session=True
        )
    record = f"{process.pid} {start_time(process.pid) or 0} {fingerprint(service)}"
    (paths.pids / service.name).write_text(record)
    return process.pid


def _log(paths: Paths, name: str) -> Path:
    """Return the log to append to; a large one is put aside first, and the one put aside before is lost."""
    log = paths.log / f"{name}.log"
    if log.exists() and log.stat().st_size > LOG_BYTES:
        log.replace(log.with_suffix(".log.1"))
    return log


def check_alive(paths: Paths, names: Iterable[str]) -> None:
    """Raise DevClusterError with the end of its log for the first process that has died."""
    for name in names:
        if find(paths, name) is None:
            raise DevClusterError(f"{name} stopped. The end of its log ({paths.log / name}.log):\n{tail(paths, name)}")


def tail(paths: Paths, name: str, lines: int = 8) -> str:
    """Return the last lines of a process's log."""
    try:
        text = (paths.log / f"{name}.log").read_text(errors="replace")
    except OSError:
        return ""
    return "\n".join(text.splitlines()[-lines:])


def stop(paths: Paths, name: str, *, grace: float = 10.0) -> bool:
    """Stop our process of this name, by force after the grace time. Return whether it ran."""
    pid = find(paths, name)
    if pid is not None:
        stop_pids([pid], grace=grace)
    (paths.pids / name).unlink(missing_ok=True)
    return pid is not None


def stop_pids(pids: Iterable[int], *, grace: float) -> None:
    """Ask processes to end, wait, then kill those that did not."""
    left = {pid: start_time(pid) for pid in pids}
    _signal(left, signal.SIGTERM)
    deadline = time.monotonic() + grace
    while _living(left) and time.monotonic() < deadline:
        time.sleep(0.05)
    _signal(_living(left), signal.SIGKILL)
    deadline = time.monotonic() + 5
    while _living(left) and time.monotonic() < deadline:
        time.sleep(0.02)


def _living(pids: Mapping[int, str | None]) -> dict[int, str | None]:
    _reap(pids)
    return {pid: started for pid, started in pids.items() if started is not None and start_time(pid) == started}


def _reap(pids: Iterable[int]) -> None:
    # Only a process of this very run is our child; for all others there is nothing to collect.
    for pid in pids:
        with contextlib.suppress(ChildProcessError):
            os.waitpid(pid, os.WNOHANG)


def _signal(pids: Mapping[int, str | None], number: signal.Signals) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


def command_line(pid: int) -> list[str]:
    """Return the arguments of a process; empty when it is gone."""
    try:
        raw = (PROC / str(pid) / "cmdline").read_bytes()
    except OSError:
        return []
    return [part.decode(errors="replace") for part in raw.split(b"\0") if part]


def all_pids() -> list[int]:
    """Return the pids of all processes of this machine."""
    return [int(entry.name) for entry in PROC.iterdir() if entry.name.isdigit()]


def memory_kib(pid: int) -> int:
    """Return a process's resident memory."""
    try:
        for line in (PROC / str(pid) / "status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1])
    except OSError:
        pass
    return 0

"""Processes that outlive their starter."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from devcluster import processes
from devcluster.errors import DevClusterError
from devcluster.paths import Paths
from devcluster.processes import Service
from devcluster.shell import wait_for


@pytest.fixture
def paths(tmp_path: Path) -> Iterator[Paths]:
    made = Paths(cache=tmp_path / "cache", state=tmp_path / "state")
    made.make()
    yield made
    for file in made.pids.iterdir():
        processes.stop(made, file.name, grace=0)


def sleeper(name: str = "sleeper", code: str = "import time; time.sleep(600)") -> Service:
    return Service(name, (sys.executable, "-c", code))


def test_started_once_found_and_stopped(paths: Paths) -> None:
    pid = processes.start(paths, sleeper())
    assert processes.start(paths, sleeper()) == pid
    assert processes.find(paths, "sleeper") == pid
    assert os.getsid(pid) == pid, "it must not belong to the session of the shell that started it"
    assert processes.stop(paths, "sleeper")
    assert processes.find(paths, "sleeper") is None
    assert not processes.stop(paths, "sleeper")


def test_a_changed_configuration_starts_it_again(paths: Paths) -> None:
    config = paths.config / "service.json"
    config.write_text("one")
    service = Service("sleeper", (*sleeper().argv, f"--config={config}"))
    pid = processes.start(paths, service)
    assert processes.is_current(paths, service)
    config.write_text("two")
    assert not processes.is_current(paths, service)
    assert processes.start(paths, service) != pid
    assert processes.start_time(pid) is None
    log = paths.log / "audit.log"
    watched = Service("watched", (*sleeper().argv, f"--log={log}"))
    log.write_text("a line")
    processes.start(paths, watched)
    log.write_text("a line, and what it wrote since")
    assert processes.is_current(paths, watched)


def test_a_pid_that_now_is_another_program_is_not_ours(paths: Paths) -> None:
    other = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    try:
        (paths.pids / "sleeper").write_text(f"{other.pid} 1")
        assert processes.find(paths, "sleeper") is None
        processes.stop(paths, "sleeper")
        assert other.poll() is None, "a stranger was killed"
    finally:
        other.kill()
        other.wait()


@pytest.mark.parametrize("content", ["", "garbage", "1 2 3", "999999999 5"])
def test_a_broken_pid_file_means_not_running(paths: Paths, content: str) -> None:
    (paths.pids / "sleeper").write_text(content)
    assert processes.find(paths, "sleeper") is None


def test_one_that_ignores_the_request_is_killed(paths: Paths) -> None:
    code = "import signal as s, time; s.signal(s.SIGTERM, s.SIG_IGN); print('set', flush=True); time.sleep(600)"
    processes.start(paths, sleeper("stubborn", code))
    log = paths.log / "stubborn.log"
    wait_for("handler", lambda: "set" in log.read_text(), seconds=10)
    assert processes.stop(paths, "stubborn", grace=0.2)
    assert processes.find(paths, "stubborn") is None


def test_a_death_is_reported_with_the_end_of_the_log(paths: Paths) -> None:
    processes.start(paths, sleeper("broken", "raise SystemExit('no such key file')"))
    wait_for("death", lambda: processes.find(paths, "broken") is None, seconds=10)
    with pytest.raises(DevClusterError, match="no such key file"):
        processes.check_alive(paths, ["broken"])


def test_nothing_of_the_callers_environment_reaches_a_process(paths: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://user:canary@proxy.example")
    processes.start(paths, sleeper("env", "import os; print(dict(os.environ), flush=True)"))
    log = paths.log / "env.log"
    wait_for("output", lambda: "PATH" in log.read_text(), seconds=10)
    assert "canary" not in log.read_text()


def test_a_large_log_is_put_aside(paths: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "LOG_BYTES", 10)
    (paths.log / "sleeper.log").write_text("of an earlier run")
    processes.start(paths, sleeper())
    assert (paths.log / "sleeper.log.1").read_text() == "of an earlier run"
    assert (paths.log / "sleeper.log").read_text() == ""

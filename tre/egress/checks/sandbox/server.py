"""The fork server: imports the engine once, then forks one locked-down child per file. Started by `client.run`.

Speaks JSON lines on its standard streams: first ``{"policy": ..., "workers": n, "suffixes": [...]}``, then one job a line
``{"index", "name", "path", "context"}``; answers ``{"index", "file"}`` or ``{"index", "failed": "timeout|crash|memory|size|sandbox"}``.
"""

import json
import os
import selectors
import signal
import sys
import time
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

from tre.egress.checks.context import FileContext
from tre.egress.checks.examine import Subject, examine
from tre.egress.checks.policy import Policy
from tre.egress.checks.reader import reader_for
from tre.egress.checks.report.codec import dump, file_body, table_body
from tre.egress.checks.rule import all_rules
from tre.egress.checks.sandbox.limits import lock_down

_MAX_RESULT = 128_000_000
_EXIT_MEMORY, _EXIT_SANDBOX = 11, 12
# Heavy libraries that files of these suffixes will need: imported once here rather than in every child.
_PRELOAD = {
    ".xlsx": ("python_calamine", "defusedxml.ElementTree"),
    ".xlsm": ("python_calamine", "defusedxml.ElementTree"),
    ".html": ("selectolax.lexbor",),
    ".pdf": ("pikepdf", "pypdfium2"),
    ".parquet": ("duckdb", "pyarrow.parquet"),
    ".png": ("PIL.Image",),
    ".dta": ("pyreadstat",),
    ".rds": ("rdata",),
}


@dataclass
class _Child:
    index: int
    pid: int
    deadline: float
    chunks: list[bytes] = field(default_factory=list)
    size: int = 0


class _Server:
    def __init__(self, policy: Policy, workers: int) -> None:
        self.policy = policy
        self.workers = workers
        self.waiting: deque[dict[str, Any]] = deque()
        self.children: dict[int, _Child] = {}
        self.selector = selectors.DefaultSelector()

    def serve(self, jobs: list[dict[str, Any]]) -> None:
        self.waiting.extend(jobs)
        while self.waiting or self.children:
            while self.waiting and len(self.children) < self.workers:
                self._start(self.waiting.popleft())
            for key, _ in self.selector.select(timeout=0.2):
                self._receive(key.fd)
            self._expire()

    def _start(self, job: dict[str, Any]) -> None:
        read_end, write_end = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(read_end)
            _work(job, self.policy, write_end)
        os.close(write_end)
        self.children[read_end] = _Child(job["index"], pid, time.monotonic() + self.policy.sandbox.seconds)
        self.selector.register(read_end, selectors.EVENT_READ)

    def _receive(self, descriptor: int) -> None:
        child = self.children[descriptor]
        chunk = os.read(descriptor, 1 << 16)
        child.chunks.append(chunk)
        child.size += len(chunk)
        if child.size > _MAX_RESULT:
            self._finish(descriptor, "size")
        elif not chunk:
            self._finish(descriptor, "")

    def _expire(self) -> None:
        now = time.monotonic()
        for descriptor in [fd for fd, child in self.children.items() if now > child.deadline]:
            self._finish(descriptor, "timeout")

    def _finish(self, descriptor: int, failed: str) -> None:
        child = self.children.pop(descriptor)
        self.selector.unregister(descriptor)
        os.close(descriptor)
        if failed:
            with suppress(ProcessLookupError):
                os.kill(child.pid, signal.SIGKILL)
        _, status = os.waitpid(child.pid, 0)
        _answer(child, failed or _failure(status))


def _failure(status: int) -> str:
    if os.WIFEXITED(status):
        return {0: "", _EXIT_MEMORY: "memory", _EXIT_SANDBOX: "sandbox"}.get(os.WEXITSTATUS(status), "crash")
    return "timeout" if os.WTERMSIG(status) == signal.SIGXCPU else "crash"


def _answer(child: _Child, failed: str) -> None:
    answer: dict[str, Any] = {"index": child.index}
    if failed:
        answer["failed"] = failed
    else:
        try:
            answer["file"] = json.loads(b"".join(child.chunks))
        except (ValueError, RecursionError):
            answer["failed"] = "crash"
    sys.stdout.buffer.write(dump(answer) + b"\n")
    sys.stdout.buffer.flush()


def _work(job: dict[str, Any], policy: Policy, out: int) -> None:
    """In the child: lock down, examine, write the result, leave without running the parent's exit handlers."""
    code = 13
    try:
        null = os.open(os.devnull, os.O_RDWR)
        for descriptor in (0, 1, 2):
            os.dup2(null, descriptor)
        code = _EXIT_SANDBOX
        lock_down(policy.sandbox.seconds, policy.sandbox.memory_mb)
        code = 13
        context = FileContext(**job["context"]) if job["context"] else None
        report = examine(Subject(job["name"], job["path"], context), policy)
        body = file_body(report) | {"tables": [table_body(table) for table in report.tables]}
        data = dump(body)
        while data:
            data = data[os.write(out, data) :]
        code = 0
    except MemoryError:
        code = _EXIT_MEMORY
    finally:
        os._exit(code)


def main() -> None:
    """Read the jobs, preload, serve."""
    head = json.loads(sys.stdin.buffer.readline())
    jobs = [json.loads(line) for line in sys.stdin.buffer]
    all_rules()
    reader_for("csv")
    for suffix in head["suffixes"]:
        for module in _PRELOAD.get(suffix, ()):
            with suppress(ImportError):
                import_module(module)
    _Server(Policy.parse(head["policy"], trusted=True), head["workers"]).serve(jobs)


if __name__ == "__main__":
    main()

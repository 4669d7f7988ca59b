"""The gateway's journal: a bounded, durable queue of events. Code runs only after its event is on disk (issue 5, 1).

SQLite with a full sync at each commit; writers that arrive together share one commit.
"""

import asyncio
import json
import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tre.core.clock import iso, system_clock
from tre.core.errors import Unavailable
from tre.core.ids import new_id
from tre.spawner.gateway.messages import Record

_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS entry (seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL, body TEXT NOT NULL)"
)


@dataclass(frozen=True)
class JournalLimits:
    """How much may wait for the control plane before sessions stop."""

    entries: int = 200_000
    size: int = 512 << 20


class JournalFull(Unavailable):
    """Sessions stop rather than go on untraced."""


class Journal:
    """Append, read a batch, acknowledge it. ``append`` returns when the entry is on disk."""

    def __init__(self, path: Path, limits: JournalLimits | None = None) -> None:
        self._limits = limits or JournalLimits()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="journal")
        self._database = self._thread.submit(_open, path).result()
        self._count, self._size = self._thread.submit(self._measure).result()
        self._waiting: list[tuple[str, str, asyncio.Future[None]]] = []
        self._writing = False
        self.grown = asyncio.Event()

    def _measure(self) -> tuple[int, int]:
        row = self._database.execute("SELECT count(*), coalesce(sum(length(body)), 0) FROM entry").fetchone()
        return int(row[0]), int(row[1])

    @property
    def waiting(self) -> int:
        """Entries that the control plane has not acknowledged."""
        return self._count

    async def append(self, session: str, record: Record, address: str | None = None) -> None:
        """Put one event on disk; raises JournalFull ``journal-full``, or Unavailable when the disk refuses."""
        identifier = new_id("trc")
        body = json.dumps(_entry(identifier, session, record, address))
        if self._count >= self._limits.entries or self._size + len(body) > self._limits.size:
            raise JournalFull("journal-full", "The trace cannot be kept; the session stops.", "Tell the operators.")
        self._count, self._size = self._count + 1, self._size + len(body)
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((identifier, body, done))
        if not self._writing:
            self._writing = True
            asyncio.get_running_loop().call_soon(lambda: asyncio.ensure_future(self._write()))
        await done
        self.grown.set()

    async def _write(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            while self._waiting:
                batch, self._waiting = self._waiting, []
                try:
                    await loop.run_in_executor(self._thread, self._insert, [(i, b) for i, b, _ in batch])
                except sqlite3.Error as cause:
                    failure = Unavailable(
                        "journal-failed", "The trace cannot be kept; the session stops.", "Tell the operators."
                    )
                    failure.__cause__ = cause
                    _finish(batch, failure)
                else:
                    _finish(batch, None)
        finally:
            self._writing = False

    def _insert(self, rows: list[tuple[str, str]]) -> None:
        with self._database:
            self._database.executemany("INSERT INTO entry (id, body) VALUES (?, ?)", rows)

    async def batch(self, limit: int = 200) -> tuple[int, list[dict[str, Any]]]:
        """The oldest entries, and the number to acknowledge them by."""
        loop = asyncio.get_running_loop()
        rows = await loop.run_in_executor(self._thread, self._oldest, limit)
        return (rows[-1][0] if rows else 0), [json.loads(body) for _, body in rows]

    def _oldest(self, limit: int) -> list[tuple[int, str]]:
        return self._database.execute("SELECT seq, body FROM entry ORDER BY seq LIMIT ?", (limit,)).fetchall()

    async def acknowledge(self, up_to: int) -> None:
        """Forget what the control plane has recorded."""
        self._count, self._size = await asyncio.get_running_loop().run_in_executor(self._thread, self._forget, up_to)

    def _forget(self, up_to: int) -> tuple[int, int]:
        with self._database:
            self._database.execute("DELETE FROM entry WHERE seq <= ?", (up_to,))
        return self._measure()

    def close(self) -> None:
        """Finish writing, then close."""
        self._thread.submit(self._database.close)
        self._thread.shutdown(wait=True)


def _open(path: Path) -> sqlite3.Connection:
    path.parent.mkdir(parents=True, exist_ok=True)
    database = sqlite3.connect(path, check_same_thread=False)
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("PRAGMA synchronous=FULL")
    database.execute(_SCHEMA)
    return database


def _entry(identifier: str, session: str, record: Record, address: str | None) -> dict[str, Any]:
    return {
        "id": identifier, "session": session, "action": record.action, "outcome": record.outcome,
        "at": iso(system_clock()), "detail": record.detail, "code": record.code, "address": address,
    }  # fmt: skip


def _finish(batch: list[tuple[str, str, "asyncio.Future[None]"]], failure: Exception | None) -> None:
    for _, _, done in batch:
        if done.done():
            continue
        if failure is None:
            done.set_result(None)
        else:
            done.set_exception(failure)


def monotonic_ms() -> int:
    """For durations."""
    return time.monotonic_ns() // 1_000_000

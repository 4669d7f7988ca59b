"""The journal: on disk before anything runs, acknowledged or sent again, bounded, and it survives a restart."""

import asyncio
import sqlite3
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from tre.core.errors import Unavailable
from tre.spawner.gateway.journal import Journal, JournalFull, JournalLimits
from tre.spawner.gateway.messages import Record


def run(path: Path, work: Callable[[Journal], Coroutine[Any, Any, Any]], limits: JournalLimits | None = None) -> Any:
    async def inside() -> Any:
        journal = Journal(path, limits)
        try:
            return await work(journal)
        finally:
            journal.close()

    return asyncio.run(inside())


def on_disk(path: Path) -> int:
    with sqlite3.connect(path) as database:
        return int(database.execute("SELECT count(*) FROM entry").fetchone()[0])


def test_an_entry_is_on_disk_when_append_returns(tmp_path: Path) -> None:
    path = tmp_path / "j.sqlite"

    async def work(journal: Journal) -> int:
        await journal.append("ses-1", Record("gateway.execute", code="print(1)\n\x1b[2J'; DROP TABLE entry; --"))
        return on_disk(path)

    assert run(path, work) == 1


def test_writers_that_arrive_together_are_all_kept_in_order(tmp_path: Path) -> None:
    async def work(journal: Journal) -> list[str]:
        await asyncio.gather(*(journal.append("s", Record("gateway.execute", {"n": n})) for n in range(300)))
        _, entries = await journal.batch(1000)
        return [entry["detail"]["n"] for entry in entries]

    assert run(tmp_path / "j.sqlite", work) == list(range(300))


def test_what_was_not_acknowledged_is_there_after_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "j.sqlite"

    async def first(journal: Journal) -> None:
        for n in range(5):
            await journal.append("s", Record("gateway.execute", {"n": n}))
        up_to, _ = await journal.batch(2)
        await journal.acknowledge(up_to)

    async def second(journal: Journal) -> list[int]:
        assert journal.waiting == 3
        _, entries = await journal.batch()
        return [entry["detail"]["n"] for entry in entries]

    run(path, first)
    assert run(path, second) == [2, 3, 4]


async def fill(journal: Journal) -> None:
    for _ in range(3):
        await journal.append("s", Record("gateway.execute", code="x" * 500))


@pytest.mark.parametrize("limits", [JournalLimits(entries=3), JournalLimits(size=900)])
def test_a_full_journal_stops_the_session(tmp_path: Path, limits: JournalLimits) -> None:
    async def work(journal: Journal) -> None:
        for _ in range(3):
            await journal.append("s", Record("gateway.execute", code="x"))
        with pytest.raises(JournalFull, match="journal-full"):
            await fill(journal)
        up_to, _ = await journal.batch()
        await journal.acknowledge(up_to)
        await journal.append("s", Record("gateway.execute", code="x"))

    run(tmp_path / "j.sqlite", work, limits)


def test_a_disk_that_refuses_stops_the_session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Journal, rows: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    async def work(journal: Journal) -> None:
        monkeypatch.setattr(Journal, "_insert", refuse)
        with pytest.raises(Unavailable, match="journal-failed"):
            await journal.append("s", Record("gateway.execute", code="x"))

    run(tmp_path / "j.sqlite", work)

"""Wakes and rounds reach their work, and a failing one does not stop the others."""

import asyncio
from types import SimpleNamespace
from typing import cast

import pytest
from sqlalchemy import text

from tests.services.postgres import PostgresServer
from tre.core.errors import Temporary
from tre.db.session import Database
from tre.worker import jobs, sweeps
from tre.worker.process import Process
from tre.worker.wake import wake

pytestmark = pytest.mark.integration


@pytest.fixture
def process() -> Process:
    """Only what building the queue asks for."""
    return cast(Process, SimpleNamespace(services=SimpleNamespace(settings=SimpleNamespace(drift_seconds=20))))


async def _run_once(process: Process, dsn: str) -> None:
    app = jobs.build_app(process, dsn)
    app.periodic_registry.periodic_tasks.clear()
    async with app.open_async():
        await app.run_worker_async(wait=False, install_signal_handlers=False, delete_jobs="always")


def test_a_wake_runs_once_and_only_when_its_transaction_commits(
    database: Database, database_name: str, postgres: PostgresServer, process: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []
    monkeypatch.setattr(sweeps, "reconcile", lambda _, slug: seen.append(slug))
    with database.transaction() as session:
        wake(session, "reconcile", slug="etude-un")
        wake(session, "reconcile", slug="etude-un")
        wake(session, "reconcile", slug="etude-deux")
    with database.transaction() as session:
        wake(session, "reconcile", slug="etude-trois")
        session.rollback()
    asyncio.run(_run_once(process, postgres.dsn(database_name, "tre_app")))
    assert sorted(seen) == ["etude-deux", "etude-un"]
    with database.transaction() as session:
        assert session.scalar(text("SELECT count(*) FROM procrastinate_jobs")) == 0


def test_a_failing_project_does_not_stop_the_next(
    database: Database, database_name: str, postgres: PostgresServer, process: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []

    def reconcile(_: Process, slug: str) -> None:
        seen.append(slug)
        if slug == "etude-un":
            raise Temporary("down", "It is down.")
        if slug == "etude-deux":
            raise RuntimeError("a defect")

    monkeypatch.setattr(sweeps, "reconcile", reconcile)
    with database.transaction() as session:
        for slug in ("etude-un", "etude-deux", "etude-trois"):
            wake(session, "reconcile", slug=slug)
    asyncio.run(_run_once(process, postgres.dsn(database_name, "tre_app")))
    assert len(seen) == 3


@pytest.mark.parametrize(("seconds", "expected"), [(5, "* * * * * */5"), (60, "* * * * * 0")])
def test_rounds_come_at_their_time(seconds: int, expected: str) -> None:
    assert jobs.cron(seconds) == expected

"""`tre worker`: the rounds, the jobs, the sealer, one process."""

import asyncio
import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import structlog
from prometheus_client import start_http_server

from tre.api.logs import configure_logs
from tre.core.settings import Settings
from tre.worker.jobs import build_app
from tre.worker.process import Process, services_of
from tre.worker.sealing import archive, beat, build_archiver, build_sealer

log = structlog.get_logger("tre.worker")
METRICS_PORT = 9090
ALIVE = Path("/tmp/tre-worker-alive")  # noqa: S108  # a sign of life for a probe in the same container; holds nothing
_CONCURRENCY = 16  # rounds must go on while several projects wait for the cluster


def libpq(url: str) -> str:
    """A driver URL without SQLAlchemy's driver name."""
    return url.replace("postgresql+psycopg://", "postgresql://", 1)


async def _sign_of_life() -> None:
    while True:
        ALIVE.touch()
        await asyncio.sleep(5)


async def _work(process: Process, conninfo: str) -> None:
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(_CONCURRENCY, "round"))
    app = build_app(process, conninfo)
    async with app.open_async():
        alive = asyncio.create_task(_sign_of_life())
        try:
            # a lost connection ends the process; the cluster starts it again and the rounds find everything
            await app.run_worker_async(
                concurrency=_CONCURRENCY, delete_jobs="always", fetch_job_polling_interval=1.0,
                shutdown_graceful_timeout=20,
            )  # fmt: skip
        finally:
            alive.cancel()


def run(settings: Settings) -> None:
    """Work until SIGTERM; raises when PostgreSQL is lost."""
    configure_logs()
    logging.getLogger("procrastinate").setLevel(logging.WARNING)
    process = Process.of(services_of(settings))
    start_http_server(METRICS_PORT)
    stopping = threading.Event()
    sealer = threading.Thread(target=beat, args=(build_sealer(process), stopping), name="sealer", daemon=True)
    days = (build_archiver(process), settings.policies_dir, stopping)
    archiver = threading.Thread(target=archive, args=days, name="archive", daemon=True)
    sealer.start()
    archiver.start()
    try:
        asyncio.run(_work(process, libpq(settings.database_url.get_secret_value())))
    finally:
        stopping.set()
        sealer.join(timeout=10)

"""The job queue: rounds on a clock, and wakes, both in PostgreSQL (procrastinate).

No job holds a lock that outlives its process: what must be alone takes an advisory lock (``tre.projects.runner``).
"""

import threading
from collections.abc import Callable

import structlog
from procrastinate import App, PsycopgConnector
from prometheus_client import Counter, Histogram

from tre.core.errors import TreError
from tre.worker import sweeps
from tre.worker.process import Process
from tre.worker.wake import QUEUE

log = structlog.get_logger("tre.worker")
ROUNDS = Histogram("tre_round_seconds", "Time of one round", ["round"])
FAILED = Counter("tre_round_failed_total", "Rounds that failed", ["round"])


def build_app(process: Process, conninfo: str) -> App:
    """The queue's application over one worker process; ``conninfo`` is a libpq URL."""
    app = App(connector=PsycopgConnector(conninfo=conninfo))

    @app.task(name="tre.reconcile", queue=QUEUE)
    def reconcile(slug: str) -> None:
        guarded("reconcile", lambda: sweeps.reconcile(process, slug))

    @app.task(name="tre.exports", queue=QUEUE)
    def exports() -> None:
        guarded("exports", lambda: sweeps.exports(process))

    @app.task(name="tre.sessions", queue=QUEUE)
    def sessions() -> None:
        guarded("sessions", lambda: sweeps.end_sessions(process))

    for sweep in sweeps.sweeps(process.services.settings.drift_seconds):
        _register(app, process, sweep)
    return app


def _register(app: App, process: Process, sweep: sweeps.Sweep) -> None:
    alone = threading.Lock()  # a round that takes longer than its interval is not started twice

    def run(timestamp: int) -> None:  # noqa: ARG001  # the queue passes the tick's time
        if alone.acquire(blocking=False):
            try:
                guarded(sweep.name, lambda: sweep.run(process))
            finally:
                alone.release()

    name = f"tre.round.{sweep.name}"
    task = app.task(name=name, queueing_lock=name, queue=QUEUE)(run)
    app.periodic(cron=cron(sweep.every))(task)


def cron(seconds: int) -> str:
    """A six-field schedule (seconds last): every ``seconds``, a divisor of a minute."""
    return "* * * * * 0" if seconds >= 60 else f"* * * * * */{seconds}"


def guarded(name: str, act: Callable[[], object]) -> None:
    """Run one round; its failure is counted and logged, and the next one comes anyway."""
    try:
        with ROUNDS.labels(name).time():
            act()
    except TreError as error:
        FAILED.labels(name).inc()
        log.error("round-failed", round=name, code=error.code, message=error.message)
    except Exception as error:
        FAILED.labels(name).inc()
        log.exception("round-crashed", round=name, cause=type(error).__name__)

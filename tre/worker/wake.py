"""Waking the worker from inside a transaction: the job appears with the change, or not at all.

A wake is a hint: the rounds find the same work by themselves a few seconds later.
"""

import json

from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

QUEUE = "default"
_DEFER = text(
    "SELECT procrastinate_defer_jobs_v1(ARRAY[ROW(:queue, :task, 0, NULL, :once, CAST(:args AS jsonb), NULL)"
    "]::procrastinate_job_to_defer_v1[])"
)


def wake(session: Session, task: str, **arguments: str) -> None:
    """Queue ``tre.<task>`` unless the same is waiting already. ``wake(session, "reconcile", slug="etude")``."""
    once = ":".join(["tre", task, *arguments.values()])
    parameters = {"queue": QUEUE, "task": f"tre.{task}", "once": once, "args": json.dumps(arguments)}
    session.flush()
    try:
        with session.begin_nested():
            session.execute(_DEFER, parameters)
    except IntegrityError:
        return  # it waits already

"""Running procedures: one runner a project, each step committed by itself, resumed after a crash, undone when it fails.

Exactly-one comes from three things: a lock in PostgreSQL that only one runner holds, rows that say what was begun, and
actions that may be repeated.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import structlog
from sqlalchemy import text
from sqlalchemy.orm import Session

from tre.audit.events import AuditEvent, Json
from tre.audit.service import record
from tre.core.clock import Clock, system_clock
from tre.core.errors import Conflict, Invalid, TreError
from tre.core.people import system
from tre.db.session import Database
from tre.projects import lifecycle, store
from tre.projects.models import Project, Step
from tre.projects.procedures import Action
from tre.projects.states import State
from tre.projects.steps import CLOSE, PROCEDURES, PROVISION, UNDO, Procedure, Status, retry_delay

log = structlog.get_logger("tre.projects")
WORKER = system("worker")
# Trying again cannot help with these. A refusal or a conflict of the cluster is not among them: a worker whose own
# credentials end while it dies is refused everything, a namespace that still ends conflicts with the one that comes.
_FINAL_CODES = frozenset({"capacity-missing"})


@dataclass(frozen=True)
class _Failure:
    code: str
    message: str
    final: bool


def _event(action: str, slug: str, **detail: Json) -> AuditEvent:
    return AuditEvent(action, WORKER, project=slug, detail=detail)


class Runner:
    """Advances the procedure that a project's state is about. ``actions`` is what ``procedures.actions`` gives."""

    def __init__(
        self, db: Database, actions: Mapping[str, Mapping[str, Action]], clock: Clock = system_clock
    ) -> None:  # fmt: skip
        self._db, self._actions, self._clock = db, actions, clock

    def advance(self, slug: str) -> bool:
        """Run steps until the procedure is done or has to wait; True when it is done.

        Returns False at once when another runner holds the project. Raises nothing for a failing step: the failure is
        on its row and in the log.
        """
        with self._alone(slug) as alone:
            if not alone:
                return False
            while True:
                step = self._next(slug)
                if step is None:
                    return self._finish(slug)
                if not self._run(slug, step):
                    return False

    @contextmanager
    def _alone(self, slug: str) -> Iterator[bool]:
        key = {"key": f"tre:procedure:{slug}"}
        with self._db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            got = bool(connection.scalar(text("SELECT pg_try_advisory_lock(hashtextextended(:key, 0))"), key))
            try:
                yield got
            finally:
                if got:
                    connection.execute(text("SELECT pg_advisory_unlock(hashtextextended(:key, 0))"), key)

    def _next(self, slug: str) -> Step | None:
        """The first step that is not done; None when all are."""
        with self._db.transaction() as session:
            rows = current_steps(session, store.get_project(session, slug))
            return next((row for row in rows if row.status != Status.DONE), None)

    def _run(self, slug: str, step: Step) -> bool:
        """Run one step; False when it has to wait for its next attempt."""
        if step.retry_at is not None and step.retry_at > self._clock():
            return False
        self._begin(slug, step.id)
        try:
            result = self._actions[step.procedure][step.name](slug)
        except Exception as error:  # whatever fails in the world must end on the row, not end the worker
            self._failed(slug, step.id, _describe(error))
            return self._has_begun_undo(slug, step)
        self._succeeded(slug, step.id, dict(result))
        return True

    def _has_begun_undo(self, slug: str, step: Step) -> bool:
        following = self._next(slug)
        return following is not None and following.procedure != step.procedure

    def _begin(self, slug: str, step_id: str) -> None:
        with self._db.transaction() as session:
            step = session.get_one(Step, step_id)
            step.status, step.attempts, step.started_at = Status.RUNNING, step.attempts + 1, self._clock()
            step.finished_at = None
            record(session, _step_event(step, slug, "begun"), self._clock)

    def _succeeded(self, slug: str, step_id: str, result: dict[str, str | int | list[str]]) -> None:
        with self._db.transaction() as session:
            step = session.get_one(Step, step_id)
            step.status, step.finished_at, step.result = Status.DONE, self._clock(), result
            step.error_code = step.error = ""
            step.retry_at = None
            record(session, _step_event(step, slug, "done"), self._clock)

    def _failed(self, slug: str, step_id: str, failure: _Failure) -> None:
        log.warning("step-failed", project=slug, code=failure.code)
        with self._db.transaction() as session:
            step = session.get_one(Step, step_id)
            step.error_code, step.error, step.finished_at = failure.code, failure.message, self._clock()
            limit = PROCEDURES[step.procedure].attempts
            for_good = limit is not None and (failure.final or step.attempts >= limit)
            step.status = Status.FAILED if for_good else Status.WAITING
            step.retry_at = None if for_good else self._clock() + retry_delay(step.attempts)
            event = _step_event(step, slug, "failed", code=failure.code)
            record(session, AuditEvent(event.action, WORKER, slug, step.id, "failed", event.detail), self._clock)
            if for_good:
                lifecycle.undo(session, slug, event=_event("project.undo", slug, code=failure.code), clock=self._clock)

    def _finish(self, slug: str) -> bool:
        """Move the state on once the procedure is done; False when a guard makes it wait."""
        with self._db.transaction() as session:
            project = store.get_project(session, slug, lock=True)
            procedure = current_procedure(session, project)
            if procedure is PROVISION:
                return self._activate(session, slug)
            if procedure is UNDO:
                reason = _first_error(lifecycle.current_run(session, slug, PROVISION.name))
                lifecycle.fail(session, slug, reason, event=_event("project.fail", slug), clock=self._clock)
            elif procedure is CLOSE:
                lifecycle.destroyed(session, slug, event=_event("project.destroyed", slug), clock=self._clock)
            return True

    def _activate(self, session: Session, slug: str) -> bool:
        try:
            lifecycle.activate(session, slug, event=_event("project.activate", slug), clock=self._clock)
        except Conflict as refusal:
            if refusal.code == "project-frozen":
                return False
            # the authorisation ended while we worked: nothing of it may remain
            lifecycle.undo(session, slug, event=_event("project.undo", slug, code=refusal.code), clock=self._clock)
            return False
        return True


def current_procedure(session: Session, project: Project) -> Procedure | None:
    """The procedure that the project's state is about."""
    if project.state is State.CLOSING:
        return CLOSE
    if project.state is not State.PROVISIONING:
        return None
    undo = lifecycle.current_run(session, project.slug, UNDO.name)
    provision = lifecycle.current_run(session, project.slug, PROVISION.name)
    # ids sort by time: an undo that is older than the provisioning belongs to an earlier failure
    return UNDO if undo and undo[0].id > provision[-1].id else PROVISION


def current_steps(session: Session, project: Project) -> list[Step]:
    """The steps of that procedure's newest run."""
    procedure = current_procedure(session, project)
    return lifecycle.current_run(session, project.slug, procedure.name) if procedure else []


def _first_error(rows: list[Step]) -> str:
    return next((row.error_code for row in rows if row.status == Status.FAILED), "authorisation-ended")


def _step_event(step: Step, slug: str, phase: str, **more: Json) -> AuditEvent:
    detail: dict[str, Json] = {"procedure": step.procedure, "step": step.name, "attempt": step.attempts, **more}
    return AuditEvent(f"project.step.{phase}", WORKER, project=slug, target=step.id, detail=detail)


def _describe(error: Exception) -> _Failure:
    if isinstance(error, TreError):
        final = isinstance(error, Invalid) or error.code in _FINAL_CODES
        return _Failure(error.code, error.message, final)
    # the text of an unexpected error may quote anything, a secret too: keep its kind alone
    log.error("step-crashed", error=type(error).__name__)
    return _Failure("unexpected", f"Unexpected {type(error).__name__}; see the worker's log.", False)

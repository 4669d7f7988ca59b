"""The worker's passes: they find what is due in the tables, so that losing a job loses nothing (design §2).

Each request is handled in transactions of its own; a failure is counted on it and never stops the others.
"""

from collections.abc import Callable
from typing import Any

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from tre.audit.events import AuditEvent
from tre.audit.service import record
from tre.core.errors import Conflict, Temporary, TreError, place
from tre.core.people import system
from tre.egress.case import add_notice
from tre.egress.checking import note_failure, run_checks
from tre.egress.contracts import Parts, Transactions
from tre.egress.models import Notice, Request
from tre.egress.releasing import release

_log = structlog.get_logger("tre.egress")
# Not failures: the world only has to go on a little (the sealer, a resumed project, another worker).
_PATIENCE = frozenset({"not-sealed", "project-not-active", "project-frozen", "request-state"})


def run_due_checks(db: Transactions, parts: Parts) -> int:
    """Check every request that waits for it; returns how many were done."""
    return _pass(db, parts, "checking", "egress.checked", run_checks)


def release_due(db: Transactions, parts: Parts) -> int:
    """Release every approved request; returns how many left or went back to review."""
    return _pass(db, parts, "approved", "egress.release", release)


def sweep(db: Transactions, parts: Parts) -> int:
    """All passes; called often, and at once when a job wakes the worker."""
    return run_due_checks(db, parts) + release_due(db, parts) + announce_uses(db, parts)


def announce_uses(db: Transactions, parts: Parts) -> int:
    """Put a mail to its producer in the outbox for each use of a dataset that was not told yet."""
    with db.transaction() as session:
        told = set(session.scalars(select(Notice.target).where(Notice.kind == "dataset-use")))
        fresh = [(s, u) for s, u in parts.projects.all_uses(session) if u.producer and u.attachment not in told]
        for slug, use in fresh:
            notice = Notice(kind="dataset-use", recipient_kind="producer", recipient=use.producer)
            notice.slug, notice.target = slug, use.attachment
            add_notice(session, parts.clock, notice)
            record(session, AuditEvent("egress.notice", system("worker"), slug, use.attachment), parts.clock)
    return len(fresh)


def _pass(db: Transactions, parts: Parts, state: str, action: str, verb: Callable[..., Any]) -> int:
    with db.transaction() as session:
        ids = session.scalars(select(Request.id).where(Request.state == state).order_by(Request.submitted_at)).all()
    return sum(_one(db, parts, request_id, action, verb) for request_id in ids if parts.backoff.ready(request_id))


def _one(db: Transactions, parts: Parts, request_id: str, action: str, verb: Callable[..., Any]) -> bool:
    event = AuditEvent(action, system("worker"))
    try:
        with db.transaction() as session:
            verb(session, parts, request_id, event=event)
    except TreError as error:
        if error.code not in _PATIENCE:
            _count(db, parts, request_id, error.code)
        return False
    except Exception as error:  # a defect of ours must not stop the others; it is counted and told, and nothing left
        _log.error("egress-pass-failed", request=request_id, cause=type(error).__name__, at=place(error))
        _count(db, parts, request_id, "internal")
        return False
    parts.backoff.done(request_id)
    return True


def _count(db: Transactions, parts: Parts, request_id: str, code: str) -> None:
    parts.backoff.failed(request_id)

    def note(session: Session) -> None:
        note_failure(session, parts, request_id, code, event=AuditEvent("egress.failed", system("worker")))

    try:
        with db.transaction() as session:
            note(session)
    except (Conflict, Temporary):
        _log.warning("egress-failure-not-noted", request=request_id, code=code)

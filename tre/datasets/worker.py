"""The worker's passes over extracts: found in the tables, one transaction each, none stops the others."""

from collections.abc import Callable
from typing import Any

import structlog
from sqlalchemy import select

from tre.audit.events import AuditEvent, Json
from tre.audit.service import record
from tre.core.errors import TreError, place
from tre.core.people import system
from tre.datasets.checking import check_extract, lock_extract_in_inputs
from tre.datasets.contracts import Parts, Transactions
from tre.datasets.models import Attachment, Extract

_log = structlog.get_logger("tre.datasets")


def sweep(db: Transactions, parts: Parts) -> int:
    """Check what was loaded, lock what was approved and attached; returns how many were done."""
    attached = select(Attachment.id).where(
        Attachment.slug == Extract.slug, Attachment.version_id == Extract.version_id, Attachment.state == "approved"
    )
    checked = _pass(db, parts, select(Extract.id).where(Extract.state == "checking"), check_extract)
    ready = select(Extract.id).where(Extract.state == "approved", attached.exists())
    return checked + _pass(db, parts, ready, lock_extract_in_inputs)


def _pass(db: Transactions, parts: Parts, query: Any, verb: Callable[..., Any]) -> int:
    with db.transaction() as session:
        ids = session.scalars(query).all()
    return sum(_one(db, parts, extract_id, verb) for extract_id in ids if parts.backoff.ready(extract_id))


def _one(db: Transactions, parts: Parts, extract_id: str, verb: Callable[..., Any]) -> bool:
    try:
        with db.transaction() as session:
            verb(session, parts, extract_id, event=AuditEvent("extract.check", system("worker")))
    except TreError as error:
        _note(db, parts, extract_id, error.code)
        return False
    except Exception as error:  # a defect of ours must not stop the others; nothing was let in
        _log.error("ingress-pass-failed", extract=extract_id, cause=type(error).__name__, at=place(error))
        _note(db, parts, extract_id, "internal")
        return False
    parts.backoff.done(extract_id)
    return True


def _note(db: Transactions, parts: Parts, extract_id: str, code: str) -> None:
    """Count the attempt: an extract that keeps failing shows it, and keeps being tried."""
    parts.backoff.failed(extract_id)
    with db.transaction() as session:
        row = session.get(Extract, extract_id, with_for_update=True)
        if row is None:
            return
        row.attempts += 1
        detail: dict[str, Json] = {"code": code, "attempt": row.attempts}
        record(session, AuditEvent("extract.failed", system("worker"), row.slug, row.id, "failed", detail), parts.clock)

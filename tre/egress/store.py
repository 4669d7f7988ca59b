"""Reading and locking rows. No rule lives here."""

from collections.abc import Sequence

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from tre.egress.models import (
    Check,
    Comment,
    Disposition,
    File,
    FindingRow,
    LedgerLine,
    Release,
    Request,
    Seat,
    Step,
    Vote,
)
from tre.egress.permissions import unknown


def get_request(session: Session, request_id: str, *, lock: bool = False) -> Request:
    """The request; raises NotFound. With ``lock``, decisions on one request wait for each other."""
    query = select(Request).where(Request.id == request_id)
    found = session.execute(query.with_for_update() if lock else query, execution_options={"populate_existing": lock})
    row = found.scalar_one_or_none()
    if row is None:
        raise unknown()
    return row


def get_release(session: Session, release_id: str, *, lock: bool = False) -> Release:
    query = select(Release).where(Release.id == release_id)
    row = session.execute(query.with_for_update() if lock else query).scalar_one_or_none()
    if row is None:
        raise unknown("release")
    return row


def files(session: Session, request_id: str, *, active: bool = True) -> list[File]:
    """A request's files by name; with ``active=False`` also replaced and dropped ones."""
    query = select(File).where(File.request_id == request_id).order_by(File.name, File.id)
    return list(session.scalars(query.where(File.active) if active else query))


def get_file(session: Session, request_id: str, file_id: str) -> File:
    row = session.get(File, file_id)
    if row is None or row.request_id != request_id:
        raise unknown("file")
    return row


def seats(session: Session, request_id: str) -> list[Seat]:
    """Seats now held, in the order they were taken."""
    query = select(Seat).where(Seat.request_id == request_id, Seat.left_at.is_(None))
    return list(session.scalars(query.order_by(Seat.claimed_at, Seat.id)))


def votes(session: Session, request_id: str) -> list[Vote]:
    return list(session.scalars(select(Vote).where(Vote.request_id == request_id).order_by(Vote.seq)))


def dispositions(session: Session, request_id: str) -> list[Disposition]:
    return list(session.scalars(select(Disposition).where(Disposition.request_id == request_id)))


def steps(session: Session, request_id: str) -> list[Step]:
    return list(session.scalars(select(Step).where(Step.request_id == request_id).order_by(Step.seq)))


def comments(session: Session, request_id: str) -> list[Comment]:
    query = select(Comment).where(Comment.request_id == request_id).order_by(Comment.at, Comment.id)
    return list(session.scalars(query))


def last_check(session: Session, request_id: str) -> Check | None:
    query = select(Check).where(Check.request_id == request_id).order_by(Check.at.desc(), Check.id.desc()).limit(1)
    return session.scalars(query).first()


def findings(session: Session, check_id: str) -> list[FindingRow]:
    return list(session.scalars(select(FindingRow).where(FindingRow.check_id == check_id).order_by(FindingRow.seq)))


def ledger_lines(session: Session, slug: str) -> list[str]:
    query = select(LedgerLine.line).where(LedgerLine.slug == slug).order_by(LedgerLine.seq)
    return list(session.scalars(query))


def lock_project(session: Session, slug: str) -> None:
    """Releases of one project happen one after another, so that each is compared with all earlier ones."""
    session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))"), {"key": f"egress:{slug}"})


def page(session: Session, slugs: Sequence[str] | None, states: Sequence[str], after: str, limit: int) -> list[Request]:
    """Requests, newest first, after the cursor ``after`` (an id; empty: from the start)."""
    query = select(Request).order_by(Request.id.desc()).limit(limit)
    if slugs is not None:
        query = query.where(Request.slug.in_(slugs))
    if states:
        query = query.where(Request.state.in_(states))
    if after:
        query = query.where(Request.id < after)
    return list(session.scalars(query))

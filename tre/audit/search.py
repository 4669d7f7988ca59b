"""Searching the log by person, project, action, outcome and time; newest first, by pages."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, select
from sqlalchemy.orm import Session

from tre.audit.models import EventRow, LeafRow

MAX_PAGE = 500


@dataclass(frozen=True)
class Search:
    """What is looked for; ``before`` is the cursor of the last page. ``person`` is a person's id or a part's label."""

    person: str | None = None
    project: str | None = None
    action: str | None = None
    outcome: str | None = None
    target: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    before: int | None = None
    limit: int = 100

    def asked(self) -> dict[str, str]:
        """The search as an event may tell it: ids, codes and times."""
        names = ("person", "project", "action", "outcome", "target")
        told = {name: value for name in names if (value := getattr(self, name))}
        return told | {name: value.isoformat() for name in ("since", "until") if (value := getattr(self, name))}


@dataclass(frozen=True)
class Page:
    """One page of events and the cursor of the next (None at the end)."""

    items: list[dict[str, Any]]
    next: int | None


def search(session: Session, wanted: Search) -> Page:
    """Events that fit, newest first."""
    limit = max(1, min(wanted.limit, MAX_PAGE))
    rows = session.execute(_query(wanted).limit(limit + 1)).all()
    items = [_item(row) for row in rows[:limit]]
    return Page(items, rows[limit - 1].seq if len(rows) > limit else None)


def _query(wanted: Search) -> Select[int, bytes, int]:
    query = select(EventRow.seq, EventRow.body, LeafRow.position).outerjoin(LeafRow, LeafRow.event_seq == EventRow.seq)
    same = (
        (EventRow.actor, wanted.person), (EventRow.project, wanted.project), (EventRow.outcome, wanted.outcome),
        (EventRow.target, wanted.target),
    )  # fmt: skip
    for column, value in same:
        query = query.where(column == value) if value else query
    if wanted.action:
        starts = wanted.action.endswith(".*")  # "session.*": every action on sessions
        query = query.where(EventRow.action.startswith(wanted.action[:-1], autoescape=True) if starts
                            else EventRow.action == wanted.action)  # fmt: skip
    if wanted.since:
        query = query.where(EventRow.at >= wanted.since)
    if wanted.until:
        query = query.where(EventRow.at < wanted.until)
    if wanted.before:
        query = query.where(EventRow.seq < wanted.before)
    return query.order_by(EventRow.seq.desc())


def _item(row: Row[int, bytes, int]) -> dict[str, Any]:
    return {**json.loads(row.body), "seq": row.seq, "position": row.position}

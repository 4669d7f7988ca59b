"""Retention: classes of events whose term is over leave the database, and leave their leaf hash in the log."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import yaml
from sqlalchemy import or_, select, text
from sqlalchemy.orm import Session

from tre.audit.events import AuditEvent, Json
from tre.audit.models import EventRow, LeafRow
from tre.audit.purged import ACTION, TERM, list_hash
from tre.audit.service import record
from tre.core.clock import Clock, iso
from tre.core.errors import Invalid
from tre.core.people import system
from tre.db.session import Database

_WORKER = system("retention")


@dataclass(frozen=True)
class Class:
    """A class of events: kept ``days``, then purged. ``actions`` are names or ``noun.*``."""

    name: str
    days: int
    actions: tuple[str, ...]

    def patterns(self) -> list[str]:
        """The actions as SQL LIKE patterns."""
        escaped = (action.replace("_", r"\_").replace("%", r"\%") for action in self.actions)
        return [action[:-1] + "%" if action.endswith(".*") else action for action in escaped]


def read_retention(text_: str) -> list[Class]:
    """The classes of a policy file; raises Invalid ``retention-invalid`` for less than a year, or no valid file."""
    try:
        given = yaml.safe_load(text_)["classes"]
        classes = [Class(name, int(c["days"]), tuple(map(str, c["actions"]))) for name, c in given.items()]
    except (yaml.YAMLError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise Invalid("retention-invalid", "This is no retention policy.", "See policies/retention.yaml.") from error
    short = next((c for c in classes if c.days < TERM.days), None)
    if short is not None:
        message = f"Class {short.name} would be kept {short.days} days; a year is the least."
        raise Invalid("retention-invalid", message, "Give at least 365 days.")
    if any(action.split(".")[0] in ("*", "") or action == ACTION for c in classes for action in c.actions):
        raise Invalid("retention-invalid", "A class must name the kinds of events that it ends.", "Name actions.")
    return classes


def load_retention(policies: Path) -> list[Class]:
    """The deployment's classes; none when it has no policy, and then nothing is ever purged."""
    file = policies / "retention.yaml"
    return read_retention(file.read_text()) if file.is_file() else []


def purge(database: Database, classes: list[Class], clock: Clock) -> int:
    """Purge what is over; returns how many events went. Each class in its own transaction, with its event."""
    gone = 0
    for one in classes:
        with database.transaction() as session:
            gone += _purge_class(session, one, clock)
    return gone


def _purge_class(session: Session, one: Class, clock: Clock) -> int:
    before = clock() - timedelta(days=one.days)
    stones = _over(session, one, before)
    if not stones:
        return 0
    detail: dict[str, Json] = {
        "class": one.name, "before": iso(before), "count": len(stones), "sha256": list_hash(stones),
    }  # fmt: skip
    event_id = record(session, AuditEvent(ACTION, _WORKER, detail=detail), clock)
    call = text("SELECT tre_purge_events(:purge, :before, :kinds)")
    done = session.scalar(call, {"purge": event_id, "before": before, "kinds": one.patterns()})
    if done != len(stones):
        raise Invalid("purge-changed", "The events to purge changed meanwhile; nothing was purged.")
    return len(stones)


def _over(session: Session, one: Class, before: datetime) -> list[tuple[int, bytes]]:
    kinds = or_(*(EventRow.action.like(pattern) for pattern in one.patterns()))
    query = select(LeafRow.position, LeafRow.leaf_hash).join(EventRow, EventRow.seq == LeafRow.event_seq)
    rows = session.execute(query.where(EventRow.at < before, kinds).order_by(LeafRow.position))
    return [(row.position, row.leaf_hash) for row in rows]

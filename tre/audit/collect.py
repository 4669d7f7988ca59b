"""Taking in what other systems tell: each entry once, as an event of the log, attributed or said not to be."""

import json
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Protocol

from sqlalchemy import select
from sqlalchemy.orm import Session

from tre.audit.events import AuditEvent, Json
from tre.audit.models import EventRow
from tre.audit.service import record
from tre.audit.sources import SOURCES, Told
from tre.core.clock import Clock, iso
from tre.core.errors import Invalid
from tre.core.people import Actor


@dataclass(frozen=True)
class Owner:
    """Whose session it is."""

    session_id: str
    project: str
    person_id: str


class Sessions(Protocol):
    """The sessions that there are or were: by id, or by project, person's slug and time."""

    def owner(self, session: Session, session_id: str) -> Owner | None: ...
    def at(self, session: Session, project: str, person: str, when: datetime) -> Owner | None: ...


def collect(session: Session, sessions: Sessions, source: str, body: bytes, clock: Clock) -> int:
    """Record the entries of ``body`` (one JSON document, an array, or JSON lines) that tell something new.

    Raises Invalid ``source-unknown`` or ``source-malformed``; nothing is recorded then.
    """
    if source not in SOURCES:
        raise Invalid("source-unknown", "There is no such source.", f"Known: {', '.join(SOURCES)}.")
    try:
        entries = _entries(body)
    except ValueError as error:
        raise Invalid("source-malformed", "This is not what that source writes.") from error
    told = {_event_id(source, entry): _read(source, entry, clock) for entry in entries}
    news = {event_id: one for event_id, one in told.items() if one is not None}
    if not news:
        return 0
    known = set(session.scalars(select(EventRow.event_id).where(EventRow.event_id.in_(list(news)))))
    fresh = [(event_id, one) for event_id, one in news.items() if event_id not in known]
    for event_id, one in fresh:
        owner = _owner(session, sessions, one)
        record(session, _event(source, one, owner), clock, event_id)
    return len(fresh)


def _owner(session: Session, sessions: Sessions, told: Told) -> Owner | None:
    """By the session's own credentials; else by the pod's name, which says the person, and the time."""
    if told.session:
        return sessions.owner(session, told.session)
    person = told.detail.get("person")
    return sessions.at(session, told.project, str(person), told.at) if person and told.project else None


def _read(source: str, entry: object, clock: Clock) -> Told | None:
    """What an entry tells. One that cannot be read is told as such: it must not hold up those behind it for ever."""
    try:
        return SOURCES[source](entry) if isinstance(entry, dict) else _unread(clock)
    except (ValueError, KeyError, TypeError, AttributeError):
        return _unread(clock)


def _unread(clock: Clock) -> Told:
    return Told("source.unread", clock(), None, None, "failed", None)


def _entries(body: bytes) -> list[object]:
    text = body.decode("utf-8", "replace").strip()
    whole = json.loads(text) if text.startswith("[") else [json.loads(line) for line in text.splitlines() if line]
    return [entry for entry in whole if entry != {}]  # an empty document asks whether we are there


def _event_id(source: str, entry: object) -> str:
    """The same for the same entry, so that one sent twice is recorded once."""
    canonical = json.dumps(entry, sort_keys=True, separators=(",", ":"))
    return f"evt-{sha256(f'{source} {canonical}'.encode()).hexdigest()[:40]}"


def _event(source: str, told: Told, owner: Owner | None) -> AuditEvent:
    detail: dict[str, Json] = {**told.detail, "source_at": iso(told.at)}
    foreign = owner is not None and told.project is not None and owner.project != told.project
    if owner is None and not detail.get("direct"):
        detail["unattributed"] = True
    if foreign:
        detail["other_project"] = told.project
    actor = Actor("system", source, owner.person_id if owner else None, address=told.address)
    project = owner.project if owner else told.project
    return AuditEvent(told.action, actor, project, owner.session_id if owner else told.session, told.outcome, detail)

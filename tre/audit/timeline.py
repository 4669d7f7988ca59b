"""One session from beginning to end: every event of it, from every source, in the order of their own clocks.

All of it is in the sealed log; a timeline only reads. What arrives late shows by how much, per source.
"""

import csv
import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from itertools import groupby
from statistics import median
from typing import Any

from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.orm import Session

from tre.audit.models import EventRow

_SOURCES = {"gateway": "gateway", "s3": "minio", "vault": "vault", "k8s": "kubernetes", "session": "hub"}
_EXPORTS = ("egress.%", "workspace.%")
_MARK = '"unattributed":true'


@dataclass(frozen=True)
class Span:
    """The session whose timeline is wanted."""

    session_id: str
    project: str
    person_id: str
    begun: datetime
    ended: datetime | None


@dataclass(frozen=True)
class Entry:
    """One line. ``at`` is the source's clock, ``received`` ours; ``count`` > 1 joins equal neighbours."""

    event_id: str
    at: str
    received: str
    source: str
    action: str
    outcome: str
    object: str
    address: str | None
    detail: dict[str, Any]
    count: int = 1
    read: int = 0
    written: int = 0


@dataclass(frozen=True)
class Timeline:
    """``offsets`` gives, per source, the median seconds between its clock (with the way to us) and ours."""

    session_id: str
    entries: list[Entry]
    offsets: dict[str, float] = field(default_factory=dict)

    @property
    def sources(self) -> list[str]:
        """The systems that told of it."""
        return sorted({entry.source for entry in self.entries})


def timeline(session: Session, span: Span, limit: int = 50_000) -> Timeline:
    """The whole session, reads of one object in a row joined."""
    rows = session.execute(_query(span).order_by(EventRow.seq).limit(limit)).all()
    entries = sorted((_entry(json.loads(row.body)) for row in rows), key=lambda entry: entry.at)
    return Timeline(span.session_id, list(_joined(entries)), _offsets(entries))


def _query(span: Span) -> Select[bytes]:
    until = (span.ended or span.begun + timedelta(days=30)) + timedelta(minutes=5)
    around = and_(EventRow.at >= span.begun - timedelta(minutes=5), EventRow.at <= until)
    own = EventRow.target == span.session_id
    asked = and_(
        EventRow.project == span.project,
        EventRow.actor == span.person_id,
        or_(*(EventRow.action.like(kind) for kind in _EXPORTS)),
        around,
    )
    signed_in = and_(
        EventRow.target == span.person_id, EventRow.action.in_(["session.sign-in", "session.sign-out"]), around
    )
    return select(EventRow.body).where(or_(own, asked, signed_in))


def _entry(event: dict[str, Any]) -> Entry:
    detail = dict(event["detail"])
    named = detail.get("object") or detail.get("path") or detail.get("name") or ""
    bucket = f"{detail['bucket']}/" if detail.get("bucket") else ""
    source = "identity" if event["action"].startswith("session.sign") else _source(event["action"])
    return Entry(
        event["id"], detail.get("source_at", event["at"]), event["at"], source, event["action"], event["outcome"],
        f"{bucket}{named}", event["actor"].get("address"), detail, 1, int(detail.get("read") or 0),
        int(detail.get("written") or 0),
    )  # fmt: skip


def _source(action: str) -> str:
    return _SOURCES.get(action.split(".", maxsplit=1)[0], "control")


def _joined(entries: Iterable[Entry]) -> Iterator[Entry]:
    """Neighbours that tell the same of the same object version become one entry with a count."""
    for key, group in groupby(entries, _same):
        members = list(group)
        if not key[0].startswith(("s3.", "gateway.open")) or len(members) == 1:
            yield from members
            continue
        first = members[0]
        total = {
            "count": len(members),
            "read": sum(m.read for m in members),
            "written": sum(m.written for m in members),
        }
        yield Entry(**{**asdict(first), **total})


def _same(entry: Entry) -> tuple[str, str, str, str]:
    return entry.action, entry.object, str(entry.detail.get("version", "")), entry.outcome


def _offsets(entries: Iterable[Entry]) -> dict[str, float]:
    seconds: dict[str, list[float]] = {}
    for entry in entries:
        if "source_at" in entry.detail:
            offset = datetime.fromisoformat(entry.received) - datetime.fromisoformat(entry.at)
            seconds.setdefault(entry.source, []).append(offset.total_seconds())
    return {source: round(median(values), 3) for source, values in seconds.items()}


def unattributed(session: Session, since: datetime, limit: int = 500) -> list[dict[str, Any]]:
    """Events that nobody's session explains; there should be none."""
    query = select(EventRow.body).where(
        EventRow.at >= since,
        or_(*(EventRow.action.like(f"{kind}.%") for kind in ("s3", "vault", "k8s", "gateway"))),
        func.strpos(func.convert_from(EventRow.body, "UTF8"), _MARK) > 0,
    )
    return [json.loads(body) for body in session.scalars(query.order_by(EventRow.seq.desc()).limit(limit))]


def to_lines(made: Timeline) -> Iterator[str]:
    """JSON lines: the offsets first, then an entry a line."""
    yield json.dumps({"session": made.session_id, "sources": made.sources, "offsets": made.offsets}) + "\n"
    for entry in made.entries:
        yield json.dumps(asdict(entry), ensure_ascii=True) + "\n"


def to_csv(made: Timeline) -> Iterator[str]:
    """CSV; a cell never begins as a formula does."""
    columns = (
        "at",
        "received",
        "source",
        "action",
        "outcome",
        "object",
        "address",
        "count",
        "read",
        "written",
        "event_id",
    )
    yield ",".join(columns) + "\n"
    for entry in made.entries:
        line = io.StringIO()
        csv.writer(line, lineterminator="\n").writerow([_inert(getattr(entry, column)) for column in columns])
        yield line.getvalue()


def _inert(value: object) -> object:
    text = "" if value is None else str(value)
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else value


def tell(made: Timeline) -> str:
    """The session in words: what was read, run, refused and asked out, from the traces alone."""
    lines = [f"Session {made.session_id}: {len(made.entries)} entries from {', '.join(made.sources) or 'nowhere'}."]
    lines += [f"  clock of {source}: {seconds:+.3f} s before ours" for source, seconds in sorted(made.offsets.items())]
    for entry in made.entries:
        many = f" ×{entry.count}" if entry.count > 1 else ""
        size = f", {entry.read} bytes read" if entry.action == "s3.get" else ""
        version = f" version {entry.detail['version']}" if entry.detail.get("version") else ""
        code = f" code {entry.detail['code_sha256'][:12]}" if entry.detail.get("code_sha256") else ""
        refused = f" [{entry.outcome}]" if entry.outcome != "success" else ""
        named = entry.object.encode("unicode_escape").decode("ascii")
        lines.append(
            f"  {entry.at}  {entry.source:10} {entry.action}{refused} {named}{version}{code}{many}{size}".rstrip()
        )
    return "\n".join(lines)

"""When things were sealed: clocks that went back, events that waited, days that are missing, late or not as signed."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

from tre.audit.checkpoint import Checkpoint
from tre.audit.days import GRACE, Manifest, hash_lines

WAIT = timedelta(minutes=10)  # the longest that an event may wait for its checkpoint


@dataclass(frozen=True)
class Late:
    """Something of time. ``kind``: clock, gap, day-missing, day-late, day-changed, day-joint."""

    kind: str
    message: str
    position: int | None = None
    name: str | None = None

    @property
    def broken(self) -> bool:
        """True when the log is not whole because of it; the others are told, and do not make it so."""
        return self.kind in ("day-missing", "day-changed", "day-joint")


def check_times(points: Sequence[Checkpoint], events: Sequence[bytes]) -> Iterator[Late]:
    """Clock regressions, and gaps of more than ten minutes in which events waited; ``points`` by size."""
    for before, after in pairwise(points):
        gap = _time(after.at) - _time(before.at)
        if gap < timedelta(0):
            message = f"The clock went back by {-gap} between the checkpoints of {before.size} and {after.size} events."
            yield Late("clock", message, before.size, after.at)
        elif gap > WAIT and (first := _waited(events, before.size, after)) is not None:
            message = f"Event {first} waited more than {WAIT} for its checkpoint; none was signed for {gap}."
            yield Late("gap", message, first, after.at)


def _waited(events: Sequence[bytes], start: int, point: Checkpoint) -> int | None:
    limit = _time(point.at) - WAIT
    for position in range(start, min(point.size, len(events))):
        try:
            at = json.loads(events[position])["at"]
        except (ValueError, KeyError, TypeError):
            continue
        if _time(at) < limit:
            return position
    return None


def check_days(manifests: Sequence[Manifest], points: Sequence[Checkpoint], events: Sequence[bytes],
               purged: frozenset[int] = frozenset()) -> Iterator[Late]:  # fmt: skip
    """Missing and late days, and days that do not hold what the log holds; ``manifests`` by day, ``points`` by size."""
    have = {manifest.day for manifest in manifests}
    for day in _expected(points):
        if day not in have:
            yield Late("day-missing", f"The day {day} was not sealed.", name=day.isoformat())
    end = 0
    for manifest in manifests:
        name = manifest.day.isoformat()
        if manifest.late():
            yield Late("day-late", f"The day {name} was sealed late, at {manifest.at}.", manifest.first, name)
        if manifest.first != end:
            message = f"The day {name} begins at event {manifest.first}, not at {end}."
            yield Late("day-joint", message, min(end, manifest.first), name)
        end = manifest.end
        whole = purged.isdisjoint(range(manifest.first, manifest.end))
        if whole and hash_lines(events[manifest.first : manifest.end]) != manifest.events_sha256:
            message = f"The events {manifest.first} to {manifest.end - 1} are not those that the day {name} sealed."
            yield Late("day-changed", message, manifest.first, name)


def _expected(points: Sequence[Checkpoint]) -> list[date]:
    """The days whose term was over at the last checkpoint."""
    if not points:
        return []
    times = [_time(point.at) for point in points]
    first, last = min(times).astimezone(UTC).date(), (max(times) - GRACE).astimezone(UTC).date()
    return [first + timedelta(days=i) for i in range((last - first).days)]


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)

"""What remains of an event whose class's term is over: a line with its leaf hash and the id of the purge.

The tree stays whole, because it holds leaf hashes; and a tombstone convinces only when the log itself holds the purge,
with the exact list of what went and at least a year between the events and their end. So nobody can pass off a
removed event as a purged one.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

import rfc8785

from tre.audit.tree import leaf_hash

TERM = timedelta(days=365)  # access logs are kept at least a year (Regulation (EU) 2025/327, art. 73(1)(e))
ACTION = "audit.purge"
_START = b'{"leaf":'


@dataclass(frozen=True)
class Tombstone:
    """An event that was purged: its place, its leaf, and the event that tells of the purge."""

    position: int
    leaf: bytes
    purge: str

    def line(self) -> bytes:
        """As it stands in the place of the event."""
        return rfc8785.dumps({"leaf": self.leaf.hex(), "purge": self.purge})


def read_tombstone(position: int, line: bytes) -> Tombstone | None:
    """The tombstone of a line, or None for an event: events begin with their action, not with a leaf."""
    if not line.startswith(_START):
        return None
    try:
        data = json.loads(line)
        return Tombstone(position, bytes.fromhex(data["leaf"]), str(data["purge"]))
    except (ValueError, KeyError, TypeError):
        return None


def line_leaf(line: bytes) -> bytes:
    """The leaf that a line stands for."""
    stone = read_tombstone(0, line)
    return stone.leaf if stone else leaf_hash(line)


def list_hash(stones: Iterable[tuple[int, bytes]]) -> str:
    """The hash of a list of (place, leaf), as the purge's event tells it."""
    digest = sha256()
    for position, leaf in sorted(stones):
        digest.update(f"{position} {leaf.hex()}\n".encode())
    return digest.hexdigest()


def unauthorised(stones: Sequence[Tombstone], events: Sequence[bytes]) -> Iterator[tuple[int, str]]:
    """Places of tombstones that no purge in the log explains, each with why; the first of each purge only."""
    by_purge: dict[str, list[Tombstone]] = {}
    for stone in stones:
        by_purge.setdefault(stone.purge, []).append(stone)
    told = _purges(events, set(by_purge))
    for purge, group in by_purge.items():
        if (why := _refusal(told.get(purge), group)) is not None:
            yield min(stone.position for stone in group), why


def _purges(events: Sequence[bytes], wanted: set[str]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for line in events:
        if wanted and b'"audit.purge"' in line:
            event = json.loads(line)
            if event.get("action") == ACTION and event.get("id") in wanted:
                found[event["id"]] = event
    return found


def _refusal(purge: dict[str, Any] | None, group: list[Tombstone]) -> str | None:
    if purge is None:
        return "the log holds no such purge"
    try:
        detail = purge["detail"]
        kept = datetime.fromisoformat(purge["at"]) - datetime.fromisoformat(detail["before"])
        same = detail["sha256"] == list_hash((stone.position, stone.leaf) for stone in group)
    except (KeyError, TypeError, ValueError):
        return "the purge does not say what it removed"
    if kept < TERM:
        return "it was removed before its year was over"
    return None if same else "the purge removed other events than these"

"""A day of the log, sealed: its events, their leaves, and a signed manifest that says what they are.

The manifest is a C2SP signed note, readable and verifiable without a program of ours:

    origin/day
    2026-11-23
    first 1200                      <- the day's first event, by its place in the tree
    end 1834                        <- one past its last
    events sha256 <hex>             <- of events.jsonl
    leaves sha256 <hex>             <- of leaves.bin
    frontier <base64> …             <- roots of the perfect subtrees before the day ("-" at the beginning of the log)
    root <base64>                   <- the tree's root at `end`
    time 2026-11-24T00:03:00.000000Z
    <empty line>
    — origin base64(key id || signature)

A day's events are those that its checkpoints sealed (UTC), so that days neither overlap nor leave anything out.
"""

import base64
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import sha256

from tre.audit.checkpoint import Signer, sign_note, signed_by
from tre.audit.tree import Frontier
from tre.core.errors import Invalid

GRACE = timedelta(hours=6)  # after midnight (UTC) within which yesterday must be sealed
SUFFIX = "/day"


@dataclass(frozen=True)
class Manifest:
    """What a sealed day holds; ``frontier`` lets its root be computed from its own leaves alone."""

    origin: str
    day: date
    first: int
    end: int
    events_sha256: str
    leaves_sha256: str
    frontier: tuple[bytes, ...]
    root: bytes
    at: str

    def body(self) -> str:
        """The text that is signed."""
        frontier = " ".join(_b64(root) for root in self.frontier) or "-"
        return (
            f"{self.origin}{SUFFIX}\n{self.day.isoformat()}\nfirst {self.first}\nend {self.end}\n"
            f"events sha256 {self.events_sha256}\nleaves sha256 {self.leaves_sha256}\n"
            f"frontier {frontier}\nroot {_b64(self.root)}\ntime {self.at}\n"
        )

    def late(self) -> bool:
        """True when the day was sealed after its term."""
        return datetime.fromisoformat(self.at) > due(self.day)


def due(day: date) -> datetime:
    """When a day must be sealed at the latest."""
    return datetime.fromisoformat(f"{day.isoformat()}T00:00:00+00:00") + timedelta(days=1) + GRACE


def sign_manifest(manifest: Manifest, signer: Signer) -> str:
    """The signed note of a manifest."""
    return sign_note(manifest.body(), manifest.origin, signer)


def open_manifest(note: str, keys: Iterable[tuple[str, bytes]]) -> Manifest:
    """The manifest of a note signed by one of ``keys``; raises Invalid ``day-signature`` or ``day-malformed``."""
    if not any(signed_by(note, name, key) for name, key in keys):
        raise Invalid("day-signature", "No signature of a known key is valid on this day.")
    try:
        origin, day, *rest = note.split("\n\n", 1)[0].split("\n")
        told = {line.split(" ", 1)[0]: line.split(" ", 1)[1] for line in rest}
        frontier = () if told["frontier"] == "-" else tuple(_raw(part) for part in told["frontier"].split(" "))
        return Manifest(
            origin.removesuffix(SUFFIX),
            date.fromisoformat(day),
            int(told["first"]),
            int(told["end"]),
            told["events"].removeprefix("sha256 "),
            told["leaves"].removeprefix("sha256 "),
            frontier,
            _raw(told["root"]),
            told["time"],
        )
    except (ValueError, KeyError, IndexError) as error:
        raise Invalid("day-malformed", "This is no sealed day of this log.") from error


def root_of(manifest: Manifest, leaves: Iterable[bytes]) -> bytes:
    """The root that the manifest's frontier and the day's leaves lead to."""
    tree = Frontier(manifest.first, list(manifest.frontier))
    for leaf in leaves:
        tree.append(leaf)
    return tree.root()


def hash_lines(lines: Iterable[bytes]) -> str:
    """SHA-256 of events.jsonl as these lines make it."""
    digest = sha256()
    for line in lines:
        digest.update(line + b"\n")
    return digest.hexdigest()


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _raw(text: str) -> bytes:
    return base64.b64decode(text, validate=True)

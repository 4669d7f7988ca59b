"""What an auditor takes away: events, leaves and checkpoints as plain files that need no program of ours to read.

    events.jsonl        one event a line, the exact bytes that were hashed, in the tree's order
    leaves.bin          32 bytes a leaf, from the locked bucket
    checkpoints/*.txt   signed notes, from the locked bucket
    unsealed.jsonl      events that have no place yet
    verifier-key.txt    the public key, for convenience: take the one that was published, not this one, to verify
"""

from dataclasses import dataclass, field
from pathlib import Path

from tre.core.errors import Invalid

EVENTS, LEAVES, UNSEALED, KEY, CHECKPOINTS = "events.jsonl", "leaves.bin", "unsealed.jsonl", "verifier-key.txt", "checkpoints"


@dataclass(frozen=True)
class Bundle:
    """A bundle's contents; ``leaves`` may be empty when only events and checkpoints were taken."""

    events: list[bytes]
    leaves: list[bytes]
    checkpoints: dict[str, str]
    unsealed: list[bytes] = field(default_factory=list)


def read_bundle(folder: Path) -> Bundle:
    """Read a bundle; raises Invalid ``audit-bundle`` when it is not one."""
    events = folder / EVENTS
    if not events.is_file():
        raise Invalid("audit-bundle", f"{folder} has no {EVENTS}.", "Give the folder that `tre audit export` wrote.")
    checkpoints = {path.name: path.read_text() for path in sorted((folder / CHECKPOINTS).glob("*.txt"))}
    return Bundle(_lines(events), _leaves(folder / LEAVES), checkpoints, _lines(folder / UNSEALED))


def write_bundle(folder: Path, bundle: Bundle, verifier_key: str) -> None:
    """Write a bundle into an empty or new folder."""
    (folder / CHECKPOINTS).mkdir(parents=True)
    (folder / EVENTS).write_bytes(b"".join(line + b"\n" for line in bundle.events))
    (folder / UNSEALED).write_bytes(b"".join(line + b"\n" for line in bundle.unsealed))
    (folder / LEAVES).write_bytes(b"".join(bundle.leaves))
    (folder / KEY).write_text(verifier_key + "\n")
    for name, note in bundle.checkpoints.items():
        (folder / CHECKPOINTS / name).write_text(note)


def _lines(path: Path) -> list[bytes]:
    return path.read_bytes().splitlines() if path.is_file() else []


def _leaves(path: Path) -> list[bytes]:
    data = path.read_bytes() if path.is_file() else b""
    return [data[i : i + 32] for i in range(0, len(data), 32)]


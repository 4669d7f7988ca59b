"""What an auditor takes away: events, leaves and checkpoints as plain files that need no program of ours to read.

events.jsonl        one event a line, the exact bytes that were hashed, in the tree's order
leaves.bin          32 bytes a leaf, from the locked bucket
checkpoints.jsonl   signed notes, from the locked bucket, one {"name", "note"} a line
days/*.txt          signed manifests of sealed days, from the locked bucket
unsealed.jsonl      events that have no place yet
verifier-key.txt    the public key, for convenience: take the one that was published, not this one, to verify
"""

import json
import tarfile
from dataclasses import dataclass, field
from pathlib import Path
from shutil import copyfileobj
from tempfile import TemporaryDirectory

from tre.core.errors import Invalid

EVENTS, LEAVES, UNSEALED, KEY = "events.jsonl", "leaves.bin", "unsealed.jsonl", "verifier-key.txt"
CHECKPOINTS, DAYS = "checkpoints.jsonl", "days"
_FILES = frozenset({EVENTS, LEAVES, UNSEALED, KEY, CHECKPOINTS})


@dataclass(frozen=True)
class Bundle:
    """A bundle's contents; ``leaves`` may be empty when only events and checkpoints were taken."""

    events: list[bytes]
    leaves: list[bytes]
    checkpoints: dict[str, str]
    unsealed: list[bytes] = field(default_factory=list)
    days: dict[str, str] = field(default_factory=dict)


def read_bundle(path: Path) -> Bundle:
    """Read a bundle, a folder or the tar archive of one; raises Invalid ``audit-bundle`` when it is neither."""
    if path.is_dir():
        return _read_folder(path)
    with TemporaryDirectory(prefix="tre-audit-") as folder:
        try:
            with tarfile.open(path) as archive:
                unpack(archive, Path(folder))
        except (OSError, tarfile.TarError) as error:
            raise _no_bundle(path) from error
        return _read_folder(Path(folder))


def unpack(archive: tarfile.TarFile, folder: Path) -> None:
    """Write the members of a bundle, and nothing else, under ``folder``."""
    (folder / DAYS).mkdir(parents=True, exist_ok=True)
    for member in archive:
        top, _, name = member.name.partition("/")
        known = member.name in _FILES or (top == DAYS and name.endswith(".txt") and "/" not in name)
        source = archive.extractfile(member) if known and member.isfile() else None
        if source is not None:
            with (folder / member.name).open("wb") as target:
                copyfileobj(source, target, 1 << 20)


def _no_bundle(path: Path) -> Invalid:
    return Invalid("audit-bundle", f"{path} is no copy of the log.", "Give what `tre audit export` wrote.")


def _read_folder(folder: Path) -> Bundle:
    if not (folder / EVENTS).is_file():
        raise _no_bundle(folder)
    try:
        notes = [json.loads(line) for line in _lines(folder / CHECKPOINTS)]
        checkpoints = {str(note["name"]): str(note["note"]) for note in notes}
    except (ValueError, KeyError, TypeError) as error:
        raise _no_bundle(folder) from error
    days = {path.stem: path.read_text() for path in sorted((folder / DAYS).glob("*.txt"))}
    events, unsealed = _lines(folder / EVENTS), _lines(folder / UNSEALED)
    return Bundle(events, _leaves(folder / LEAVES), checkpoints, unsealed, days)


def write_bundle(folder: Path, bundle: Bundle, verifier_key: str) -> None:
    """Write a bundle into an empty or new folder."""
    (folder / DAYS).mkdir(parents=True)
    notes = [json.dumps({"name": name, "note": note}).encode() for name, note in bundle.checkpoints.items()]
    for name, lines in ((EVENTS, bundle.events), (UNSEALED, bundle.unsealed), (CHECKPOINTS, notes)):
        (folder / name).write_bytes(b"".join(line + b"\n" for line in lines))
    (folder / LEAVES).write_bytes(b"".join(bundle.leaves))
    (folder / KEY).write_text(verifier_key + "\n")
    for day, manifest in bundle.days.items():
        (folder / DAYS / f"{day}.txt").write_text(manifest)


def _lines(path: Path) -> list[bytes]:
    return path.read_bytes().split(b"\n")[:-1] if path.is_file() else []


def _leaves(path: Path) -> list[bytes]:
    data = path.read_bytes() if path.is_file() else b""
    return [data[i : i + 32] for i in range(0, len(data), 32)]

"""The record of built images: `images.json`, read by the chart's values, the tests and the profiles of the hub."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from images.errors import NotBuilt
from images.paths import state_home


@dataclass(frozen=True)
class BuiltImage:
    """An image in the registry: `ref` is by digest, the only form that may be deployed."""

    ref: str
    digest: str
    key: str
    built: str
    sbom: str


def record_path() -> Path:
    return state_home() / "images.json"


def load() -> dict[str, BuiltImage]:
    try:
        entries = json.loads(record_path().read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    return {name: BuiltImage(**entry) for name, entry in entries.items()}


def find(name: str) -> BuiltImage:
    """Raises NotBuilt for an image that was never built here."""
    built = load().get(name)
    if built is None:
        raise NotBuilt(f"image '{name}' has not been built here: run `python3 -m images build {name}`")
    return built


def save(name: str, built: BuiltImage) -> None:
    """Write one entry; the file is replaced whole, so that a reader never sees half of it."""
    entries = {**load(), name: built}
    text = json.dumps({key: asdict(value) for key, value in sorted(entries.items())}, indent=2) + "\n"
    temporary = record_path().with_suffix(".json.new")
    temporary.write_text(text, encoding="utf-8")
    os.replace(temporary, record_path())


@contextmanager
def build_lock() -> Iterator[None]:
    """One build at a time on a machine: a second waits for the first and then finds its work done."""
    state_home().mkdir(parents=True, exist_ok=True)
    with (state_home() / "images.lock").open("w") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield

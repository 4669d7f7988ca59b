"""What this package needs of its neighbours: protocols, filled in by `neighbours`."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Protocol

from sqlalchemy.orm import Session

from tre.core.backoff import Backoff
from tre.core.clock import Clock, system_clock


@dataclass(frozen=True)
class Authorised:
    """What a project may hold: dataset name to variables; ``named`` are all people ever named, who load nothing."""

    slug: str
    state: str
    datasets: dict[str, frozenset[str]]
    named: frozenset[str] = frozenset()
    members: frozenset[str] = frozenset()


class Projects(Protocol):
    """Answers of the projects domain; raises NotFound for an unknown slug."""

    def authorised(self, session: Session, slug: str) -> Authorised: ...


class PinnedObject(Protocol):
    @property
    def sha256(self) -> str: ...
    @property
    def size(self) -> int: ...
    @property
    def version_id(self) -> str: ...


class Store(Protocol):
    """The part of `tre.platform.objectstore.ObjectStore` that ingress uses."""

    def put(self, bucket: str, key: str, data: bytes | BinaryIO, size: int | None = None) -> str: ...

    def stream(self, bucket: str, key: str, version_id: str | None = None) -> Iterator[bytes]: ...

    def pin(self, src_bucket: str, key: str, dst_bucket: str, dst_key: str, max_bytes: int) -> PinnedObject: ...

    def remove(self, bucket: str, key: str, version_id: str | None = None) -> None: ...


@dataclass(frozen=True)
class Problem:
    """Why a file is refused: a code and a place, never a value."""

    code: str
    file: str
    detail: str


class Searcher(Protocol):
    """Searches one file for direct identifiers; an empty answer means that all of it was read and nothing found."""

    def __call__(self, name: str, path: Path) -> list[Problem]: ...


class Transactions(Protocol):
    """The part of `tre.db.session.Database` that the worker's passes use."""

    def transaction(self) -> AbstractContextManager[Session]: ...


@dataclass(frozen=True)
class Parts:
    """Everything a verb of this package may reach besides its transaction."""

    store: Store
    projects: Projects
    searcher: Searcher
    clock: Clock = system_clock
    backoff: Backoff = field(default_factory=lambda: Backoff(first=0))


def bucket(slug: str, place: str) -> str:
    """Name of a project's bucket (docs/architecture.md, Buckets)."""
    return f"tre-{slug}-{place}"

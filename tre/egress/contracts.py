"""What this package needs of its neighbours: protocols, filled in by `neighbours` (docs/architecture.md, Layers)."""

import hashlib
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import BinaryIO, Protocol

from sqlalchemy.orm import Session

from tre.core.backoff import Backoff
from tre.core.clock import Clock, system_clock
from tre.core.errors import TooLarge
from tre.core.people import Actor
from tre.egress.checks import Context, Input, Ledger, Policy, Report, check


@dataclass(frozen=True)
class ProjectView:
    """What export rules need to know of a project. ``named`` are all people any authorisation ever named."""

    slug: str
    title: str
    state: str
    frozen: bool
    policy_id: str
    members: frozenset[str] = frozenset()  # in force now
    leads: frozenset[str] = frozenset()  # in force now
    named: frozenset[str] = frozenset()
    authorisation: str = ""
    last_export_passed: bool = False

    @property
    def submissions_open(self) -> bool:
        """New submissions: while the project works, up to its last-export date once one was announced."""
        return self.releases_open and not self.last_export_passed

    @property
    def releases_open(self) -> bool:
        """Releases and downloads: never while suspended or frozen, nor once closed."""
        return self.state == "active" and not self.frozen


@dataclass(frozen=True)
class DatasetUse:
    """A dataset version that a project works on, named in release records; its producer is told."""

    dataset_id: str
    title: str
    version: str
    producer: str = ""  # the person who is told of uses and results; empty when nobody is named
    attachment: str = ""


class Projects(Protocol):
    """Answers of the projects domain. ``view`` raises NotFound for an unknown slug; ``slugs`` are one's own;
    ``named_in`` those of which any authorisation ever named the actor.

    ``all_uses`` are those of every project, with its slug.

    ``reviewers`` are those of ``people`` whose role of reviewer is confirmed and not withdrawn.
    """

    def view(self, session: Session, slug: str) -> ProjectView: ...

    def datasets(self, session: Session, slug: str) -> tuple[DatasetUse, ...]: ...

    def all_uses(self, session: Session) -> tuple[tuple[str, DatasetUse], ...]: ...

    def slugs(self, session: Session, actor: Actor) -> frozenset[str]: ...

    def named_in(self, session: Session, actor: Actor) -> frozenset[str]: ...

    def reviewers(self, session: Session, people: frozenset[str]) -> frozenset[str]: ...


class PinnedObject(Protocol):
    """What ``pin`` says of the copy that it made."""

    @property
    def sha256(self) -> str: ...
    @property
    def size(self) -> int: ...
    @property
    def version_id(self) -> str: ...


class ObjectInfo(Protocol):
    """One object of a listing."""

    @property
    def key(self) -> str: ...
    @property
    def size(self) -> int: ...


class Store(Protocol):
    """The part of `tre.platform.objectstore.ObjectStore` that exports use."""

    def put(self, bucket: str, key: str, data: bytes | BinaryIO, size: int | None = None) -> str: ...

    def get(self, bucket: str, key: str, version_id: str | None = None, max_bytes: int = ...) -> bytes: ...

    def list(self, bucket: str, prefix: str = "") -> Sequence[ObjectInfo]: ...

    def pin(self, src_bucket: str, key: str, dst_bucket: str, dst_key: str, max_bytes: int) -> PinnedObject: ...

    def remove(self, bucket: str, key: str, version_id: str | None = None) -> None: ...


class Signer(Protocol):
    """The part of `tre.platform.vault.Vault` that exports use."""

    def sign(self, key: str, data: bytes) -> bytes: ...

    def encrypt(self, slug: str, data: bytes) -> str: ...

    def decrypt(self, slug: str, text: str) -> bytes: ...


class Transactions(Protocol):
    """The part of `tre.db.session.Database` that the worker's passes use."""

    def transaction(self) -> AbstractContextManager[Session]: ...


Checker = Callable[[Sequence[Input], Policy, Context, Ledger], Report]


def run_engine(inputs: Sequence[Input], policy: Policy, context: Context, ledger: Ledger) -> Report:
    """The engine, each file in a sandboxed process."""
    return check(inputs, policy, context, ledger)


@dataclass(frozen=True)
class Parts:
    """Everything a verb of this package may reach besides its transaction."""

    store: Store
    vault: Signer
    projects: Projects
    clock: Clock = system_clock
    checker: Checker = run_engine
    release_days: int = 30
    backoff: Backoff = field(default_factory=lambda: Backoff(first=0))


def bucket(slug: str, place: str) -> str:
    """Name of a project's bucket (docs/architecture.md, Buckets)."""
    return f"tre-{slug}-{place}"


@dataclass(frozen=True)
class Stored:
    """An object of which the exact bytes are known."""

    bucket: str
    key: str
    version: str | None
    sha256: str
    size: int


def exact(store: Store, stored: Stored) -> bytes | None:
    """The bytes of an object when they are those that are known, else None."""
    try:
        data = store.get(stored.bucket, stored.key, stored.version or None, max_bytes=stored.size)
    except TooLarge:
        return None
    return data if hashlib.sha256(data).hexdigest() == stored.sha256 else None

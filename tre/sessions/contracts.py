"""What the workspace needs of its surroundings: small protocols, filled in where the application is composed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Protocol

from sqlalchemy.orm import Session

from tre.core.clock import Clock, system_clock


@dataclass(frozen=True)
class Standing:
    """What the projects' side says of one person in one project on one day.

    ``member`` is membership in force; ``hindrance`` a code such as ``training-expired`` or ``terms-not-accepted``.
    """

    person_id: str
    person_slug: str
    display_name: str
    project_state: str
    frozen: bool
    member: bool
    lead: bool = False
    spark: bool = False
    hindrance: str | None = None


class ProjectGate(Protocol):
    """Who stands where; asked at every ticket, redemption, spawn and claim."""

    def standing(self, session: Session, slug: str, person_id: str, on: date) -> Standing | None:
        """None when the project or the person is unknown."""

    def person_id(self, session: Session, person_slug: str) -> str | None:
        """The person of a slug."""

    def touch(self, session: Session, slug: str, at: datetime) -> None:
        """Note that the project's workspace is used, so that its hub stays awake."""


class Credentials(Protocol):
    """An S3 key pair."""

    @property
    def access_key(self) -> str: ...
    @property
    def secret_key(self) -> str: ...


class S3Users(Protocol):
    """Part of ``tre.platform.objectstore.ObjectStore``."""

    def create_session_user(self, slug: str, session_id: str) -> Credentials: ...
    def delete_session_user(self, session_id: str) -> None: ...
    def session_users(self) -> set[str]: ...


class IssuedToken(Protocol):
    """A Vault token."""

    @property
    def token(self) -> str: ...
    @property
    def accessor(self) -> str: ...


class Tokens(Protocol):
    """Part of ``tre.platform.vault.Vault``."""

    def create_session_token(self, slug: str, session_id: str, ttl_seconds: int) -> IssuedToken: ...
    def revoke(self, accessor: str) -> None: ...
    def encrypt(self, slug: str, data: bytes) -> str: ...
    def decrypt(self, slug: str, text: str) -> bytes: ...


class Pod(Protocol):
    """A pod's name, address and phase."""

    @property
    def ip(self) -> str | None: ...
    @property
    def phase(self) -> str: ...


class Pods(Protocol):
    """Part of ``tre.platform.cluster.Cluster``; ``create`` is for the worker's identity alone."""

    def create(self, obj: dict[str, Any]) -> dict[str, Any]: ...
    def session_phases(self) -> dict[str, str]: ...
    def spark_pod(self, slug: str, session_id: str) -> Pod | None: ...
    def session_pod(self, slug: str, session_id: str) -> Pod | None: ...
    def delete_session_pods(self, slug: str, session_id: str | None = None, person: str | None = None) -> int: ...


@dataclass(frozen=True)
class WorkspaceFacts:
    """What every session's pod is told about the platform; addresses are of services (people's pods have no DNS)."""

    images: Mapping[str, str]
    addresses: Mapping[str, str] = field(default_factory=dict)
    namespace: str = "tre-system"
    s3_endpoint: str = "minio.tre-system.svc:9000"
    s3_region: str = "eu-local-1"
    vault_addr: str = "https://openbao.tre-system.svc:8200"
    idle_minutes: int = 60


@dataclass(frozen=True)
class Parts:
    """The adapters of one process."""

    gate: ProjectGate
    store: S3Users
    vault: Tokens
    pods: Pods
    facts: WorkspaceFacts
    clock: Clock = system_clock

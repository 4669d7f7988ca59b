"""The platform of the workspace tests: who may work, and adapters that remember what they were asked."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from tre.core.clock import Clock, system_clock
from tre.core.errors import Conflict
from tre.sessions.contracts import Parts, Standing, WorkspaceFacts

DIGEST = "registry.example/tre/{}@sha256:" + "a" * 64
SLUG, PERSON, PERSON_ID = "cohorte-a", "chercheuse-a", "per-a"


@dataclass
class Key:
    """A key pair."""

    access_key: str
    secret_key: str


@dataclass
class Token:
    """A Vault token."""

    token: str
    accessor: str


@dataclass
class PodSeen:
    """A pod as the API server shows it."""

    ip: str | None
    phase: str = "Running"


@dataclass
class Platform:
    """S3 users, Vault tokens and pods in memory; ``down`` makes a call fail as a part that is down does."""

    users: dict[str, str] = field(default_factory=dict)
    tokens: set[str] = field(default_factory=set)
    pods: dict[str, PodSeen] = field(default_factory=dict)
    sparks: dict[str, PodSeen] = field(default_factory=dict)
    made: list[dict[str, Any]] = field(default_factory=list)
    down: Callable[[str], None] = lambda _what: None
    people: dict[str, Standing] = field(default_factory=dict)

    def create_session_user(self, slug: str, session_id: str) -> Key:
        self.down("s3")
        self.users[session_id] = slug
        return Key(f"s-{session_id}", f"secret-of-{session_id}")

    def delete_session_user(self, session_id: str) -> None:
        self.down("s3")
        self.users.pop(session_id, None)

    def session_users(self) -> set[str]:
        return set(self.users)

    def create_session_token(self, slug: str, session_id: str, ttl_seconds: int) -> Token:
        self.down("vault")
        self.tokens.add(session_id)
        return Token(f"hvs.{session_id}", session_id)

    def revoke(self, accessor: str) -> None:
        self.down("vault")
        self.tokens.discard(accessor)

    def encrypt(self, slug: str, data: bytes) -> str:
        self.down("vault")
        return f"vault:{slug}:{data.hex()}"

    def decrypt(self, slug: str, text: str) -> bytes:
        assert text.startswith(f"vault:{slug}:")
        return bytes.fromhex(text.rpartition(":")[2])

    def session_pod(self, slug: str, session_id: str) -> PodSeen | None:
        return self.pods.get(session_id)

    def session_phases(self) -> dict[str, str]:
        self.down("cluster")
        return {session: pod.phase for session, pod in self.pods.items()}

    def spark_pod(self, slug: str, session_id: str) -> PodSeen | None:
        return self.sparks.get(session_id)

    def create(self, obj: dict[str, Any]) -> dict[str, Any]:
        if any(other["metadata"]["name"] == obj["metadata"]["name"] for other in self.made):
            raise Conflict("exists", "taken")
        self.made.append(obj)
        return obj

    def delete_session_pods(self, slug: str, session_id: str | None = None, person: str | None = None) -> int:
        self.sparks.pop(session_id or "", None)
        self.made = [pod for pod in self.made if pod["metadata"]["labels"]["tre/session"] != session_id]
        return int(self.pods.pop(session_id or "", None) is not None)

    def standing(self, session: Session, slug: str, person_id: str, on: date) -> Standing | None:
        found = self.people.get(person_id)
        return found if found is not None and slug == SLUG else None

    def person_id(self, session: Session, person_slug: str) -> str | None:
        return next((p.person_id for p in self.people.values() if p.person_slug == person_slug), None)

    def touch(self, session: Session, slug: str, at: datetime) -> None:
        return None


def standing(person_id: str = PERSON_ID, person_slug: str = PERSON, **changes: object) -> Standing:
    """A member who may work now, unless ``changes`` say otherwise."""
    fields: dict[str, object] = {"project_state": "active", "frozen": False, "member": True, **changes}
    return Standing(person_id, person_slug, "Chercheuse A", **fields)  # type: ignore[arg-type]


def parts(platform: Platform, clock: Clock = system_clock) -> Parts:
    """The workspace's parts on that platform."""
    facts = WorkspaceFacts(
        images={name: DIGEST.format(name) for name in ("python", "r", "spark")},
        addresses={"minio": "10.0.0.1", "openbao": "10.0.0.2", "tre-workspace": "10.0.0.3"},
        idle_minutes=60,
    )
    return Parts(platform, platform, platform, platform, facts, clock)

"""A small world for export tests: real PostgreSQL and sealer; people, one project and its buckets in memory."""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import BinaryIO

from sqlalchemy.orm import Session

from tests.unit.audit.test_verify import KEY, ORIGIN
from tre.audit.events import AuditEvent
from tre.audit.seal import Sealer
from tre.core.errors import NotFound, TooLarge
from tre.core.people import Actor, Role, system
from tre.db.session import Database
from tre.egress import service
from tre.egress.checks import Context, Input, Ledger, Policy, Report, check
from tre.egress.contracts import DatasetUse, Parts, ProjectView
from tre.egress.models import File, Release, Request
from tre.egress.votes import Decision

SLUG = "cancer-colon"
BUCKETS = ("inputs", "work", "quarantine", "released")
GOOD = b"sexe,effectif\nhommes,480\nfemmes,460\n"
SMALL = b"sexe,stade,effectif\nhommes,IV,3\nfemmes,IV,460\nhommes,I,700\nfemmes,I,650\n"
FORM = {
    "what": "Effectifs par sexe",
    "population": "Patients inclus dans l'essai",
    "n": 940,
    "variables": ["sexe"],
    "controls": "Seuil de 11 appliqué",
    "relation": "Aucune sortie antérieure",
}
MET = {"singling_out": "met", "linkability": "met", "inference": "met"}


@dataclass(frozen=True)
class Pinned:
    sha256: str
    size: int
    version_id: str


@dataclass(frozen=True)
class Info:
    key: str
    size: int


@dataclass
class MemoryStore:
    """Buckets as dictionaries, with the errors of the real store."""

    objects: dict[tuple[str, str], bytes] = field(default_factory=dict)

    def put(self, bucket: str, key: str, data: bytes | BinaryIO, size: int | None = None) -> str:
        self.objects[bucket, key] = data if isinstance(data, bytes) else data.read()
        return ""

    def get(self, bucket: str, key: str, version_id: str | None = None, max_bytes: int = 1 << 30) -> bytes:
        if (bucket, key) not in self.objects:
            raise NotFound("object-unknown", "No such object.")
        data = self.objects[bucket, key]
        if len(data) > max_bytes:
            raise TooLarge("object-too-large", "Too large.")
        return data

    def stream(self, bucket: str, key: str, version_id: str | None = None) -> Iterator[bytes]:
        yield self.get(bucket, key)

    def list(self, bucket: str, prefix: str = "") -> Sequence[Info]:
        return [Info(k, len(v)) for (b, k), v in sorted(self.objects.items()) if b == bucket and k.startswith(prefix)]

    def pin(self, src_bucket: str, key: str, dst_bucket: str, dst_key: str, max_bytes: int) -> Pinned:
        data = self.get(src_bucket, key, max_bytes=max_bytes)
        self.objects[dst_bucket, dst_key] = data
        return Pinned(hashlib.sha256(data).hexdigest(), len(data), "")

    def remove(self, bucket: str, key: str, version_id: str | None = None) -> None:
        self.objects.pop((bucket, key), None)


class Signer:
    def sign(self, key: str, data: bytes) -> bytes:
        return b"signature"

    def encrypt(self, slug: str, data: bytes) -> str:
        return "vault:v1:" + data.hex()

    def decrypt(self, slug: str, text: str) -> bytes:
        return bytes.fromhex(text.removeprefix("vault:v1:"))


@dataclass
class Project:
    """One project whose view tests may change."""

    shown: ProjectView
    no_longer_reviewers: frozenset[str] = frozenset()
    attached: tuple[DatasetUse, ...] = ()

    def view(self, session: Session, slug: str) -> ProjectView:
        if slug != self.shown.slug:
            raise NotFound("project-unknown", "No such project.")
        return self.shown

    def datasets(self, session: Session, slug: str) -> tuple[DatasetUse, ...]:
        return (DatasetUse("dat-colon", "Essai colon", "1.0", "per-productrice"),)

    def all_uses(self, session: Session) -> tuple[tuple[str, DatasetUse], ...]:
        return tuple((SLUG, use) for use in self.attached)

    def named_in(self, session: Session, actor: Actor) -> frozenset[str]:
        return frozenset({SLUG}) if actor.person_id in self.shown.named else frozenset()

    def reviewers(self, session: Session, people: frozenset[str]) -> frozenset[str]:
        return people - self.no_longer_reviewers

    def slugs(self, session: Session, actor: Actor) -> frozenset[str]:
        return frozenset({SLUG}) if actor.person_id in self.shown.members else frozenset()


@dataclass
class Hands:
    """A clock that tests move."""

    now: datetime = datetime(2026, 3, 2, 9, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now


def person(name: str, *roles: Role) -> Actor:
    return Actor("person", name, f"per-{name}", frozenset(roles))


CHERCHEUSE = person("chercheuse-a", Role.RESEARCHER)
CHEF = person("chercheur-chef", Role.RESEARCHER)
ETRANGERE = person("chercheuse-b", Role.RESEARCHER)
AGENT = person("agente", Role.AGENT)
RELECTEURS = tuple(person(f"relecteur-{i}", Role.REVIEWER) for i in range(4))
SECURITE = person("securite", Role.SECURITY_OFFICER)
AUDITEUR = person("auditrice", Role.AUDITOR)
RELECTEUR_MEMBRE = person("membre-relecteur", Role.REVIEWER, Role.RESEARCHER)


def in_process(inputs: Sequence[Input], policy: Policy, context: Context, ledger: Ledger) -> Report:
    return check(inputs, policy, context, ledger, sandbox=False)


@dataclass
class World:
    database: Database
    sealer_database: Database
    store: MemoryStore = field(default_factory=MemoryStore)
    clock: Hands = field(default_factory=Hands)
    project: Project = field(
        default_factory=lambda: Project(
            ProjectView(
                slug=SLUG,
                title="Cancer du côlon",
                state="active",
                frozen=False,
                policy_id="snds-default",
                members=frozenset({"per-chercheuse-a", "per-chercheur-chef", "per-membre-relecteur"}),
                leads=frozenset({"per-chercheur-chef"}),
                named=frozenset({"per-chercheuse-a", "per-chercheur-chef", "per-membre-relecteur", "per-ancienne"}),
                authorisation="CNIL-2026-001",
            )
        )
    )

    def __post_init__(self) -> None:
        self.parts = Parts(self.store, Signer(), self.project, self.clock, in_process)

    @contextmanager
    def tx(self) -> Iterator[Session]:
        with self.database.transaction() as session:
            yield session

    def change_project(self, **changes: object) -> None:
        self.project.shown = replace(self.project.shown, **changes)  # type: ignore[arg-type]

    def write(self, name: str, data: bytes) -> None:
        self.store.put(f"tre-{SLUG}-work", name, data)

    def seal(self) -> None:
        Sealer(self.sealer_database, KEY, self.store, ORIGIN, self.clock).tick()

    # --- verbs, one transaction each
    def do(self, verb: str, actor: Actor, *args: object) -> object:
        with self.tx() as session:
            return getattr(service, verb)(
                session, self.parts, *args, event=AuditEvent("test", actor, self.project.shown.slug)
            )

    def drafted(self, files: dict[str, bytes], actor: Actor = CHERCHEUSE) -> Request:
        draft = service.Draft(SLUG, "Tableau 1", "Résultat principal prévu", "Article scientifique")
        request: Request = self.do("create", actor, draft)  # type: ignore[assignment]
        for name, data in files.items():
            self.write(name, data)
            self.do("add_file", actor, request.id, service.Chosen(name, FORM))
        return request

    def submitted(self, files: dict[str, bytes], actor: Actor = CHERCHEUSE) -> Request:
        request = self.drafted(files, actor)
        self.submit(request, actor)
        return self.request(request.id)

    def submit(self, request: Request, actor: Actor = CHERCHEUSE) -> None:
        self.do("submit", actor, request.id)
        if self.request(request.id).state == "signature":
            self.do("sign", CHEF, request.id, service.manifest_hash(self.files(request.id)))

    def in_review(self, files: dict[str, bytes], reviewers: int = 2) -> Request:
        request = self.submitted(files)
        self.check()
        for reviewer in RELECTEURS[:reviewers]:
            self.do("claim", reviewer, request.id, True)
        return self.request(request.id)

    def check(self) -> None:
        service.run_due_checks(self.database, self.parts)

    def vote(self, actor: Actor, file: File, decision: str = "approve") -> None:
        answers = MET if decision == "approve" else {}
        self.do("vote", actor, file.request_id, service.Opinion(file.id, Decision(decision), answers))

    def release(self) -> int:
        self.seal()
        return service.release_due(self.database, self.parts)

    # --- reading
    def request(self, request_id: str) -> Request:
        with self.tx() as session:
            return session.get_one(Request, request_id)

    def files(self, request_id: str) -> list[File]:
        from tre.egress.store import files  # noqa: PLC0415

        with self.tx() as session:
            return files(session, request_id)

    def releases(self) -> list[Release]:
        from sqlalchemy import select  # noqa: PLC0415

        with self.tx() as session:
            return list(session.scalars(select(Release)))


WORKER = system("worker")

"""The whole main path on real parts: projects, PostgreSQL, MinIO, OpenBao, the sealer; people by HTTP."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest
from fastapi.testclient import TestClient
from minio import Minio
from minio.commonconfig import ENABLED
from minio.versioningconfig import VersioningConfig

from tests.services.minio import MinioServer
from tests.services.openbao import OpenBaoServer
from tests.support.projects import FakeClock, Team, active_project, person, team
from tests.unit.audit.test_verify import KEY, ORIGIN
from tre.api.app import create_app
from tre.api.auth import COOKIE, open_session
from tre.api.context import Services
from tre.api.csrf import HEADER, form_token
from tre.audit.seal import Sealer
from tre.core.ids import new_id
from tre.core.people import Role
from tre.core.settings import Settings
from tre.datasets import neighbours as dataset_neighbours
from tre.datasets import service as datasets
from tre.db.session import Database
from tre.egress import neighbours as egress_neighbours
from tre.egress import service as egress
from tre.platform.objectstore import ObjectStore, S3Access
from tre.platform.oidc import Claims
from tre.platform.setup import SetupOptions, setup_vault
from tre.platform.vault import Vault
from tre.projects.people.models import Account, Person

SLUG = "essai-colon"
POLICIES = Path(__file__).parents[3] / "policies"
ROLES = {
    "chercheuse-a": (Role.RESEARCHER,),
    "chercheur-chef": (Role.RESEARCHER,),
    "chercheuse-b": (Role.RESEARCHER,),
    "gestionnaire-a": (Role.STEWARD,),
    "gestionnaire-b": (Role.STEWARD,),
    "relecteur-a": (Role.REVIEWER,),
    "relectrice-b": (Role.REVIEWER,),
    "relecteur-c": (Role.REVIEWER,),
    "auditrice": (Role.AUDITOR,),
}


@pytest.fixture(scope="session")
def export_vault(openbao: OpenBaoServer) -> Vault:
    vault = Vault.with_token(openbao.address, openbao.root_token)
    list(setup_vault(vault, SetupOptions(policies=POLICIES)))
    vault.ensure_key(SLUG)
    return vault


@pytest.fixture
def export_store(minio: MinioServer) -> ObjectStore:
    """The project's buckets, empty; inputs versioned."""
    client = Minio(
        endpoint=minio.endpoint, access_key=minio.access_key, secret_key=minio.secret_key, secure=False,
        region=minio.region,
    )  # fmt: skip
    for place in ("inputs", "work", "quarantine", "released"):
        name = f"tre-{SLUG}-{place}"
        if client.bucket_exists(bucket_name=name):
            for item in client.list_objects(bucket_name=name, recursive=True, include_version=True):
                client.remove_object(bucket_name=name, object_name=str(item.object_name), version_id=item.version_id)
        else:
            client.make_bucket(bucket_name=name, object_lock=place == "inputs")
            client.set_bucket_versioning(bucket_name=name, config=VersioningConfig(ENABLED))
    return ObjectStore(S3Access(minio.endpoint, minio.access_key, minio.secret_key, minio.region, secure=False))


@dataclass
class Stage:
    """People with their browsers, one active project, and the worker's passes."""

    services: Services
    sealer: Sealer
    team: Team
    people: dict[str, Person] = field(default_factory=dict)
    _clients: dict[str, TestClient] = field(default_factory=dict)

    def client(self, slug: str) -> TestClient:
        if slug not in self._clients:
            self._clients[slug] = self._signed_in(slug)
        return self._clients[slug]

    def _signed_in(self, slug: str) -> TestClient:
        roles = ROLES.get(slug, (Role.AGENT,))
        claims = Claims("https://id", slug, new_id("sid"), frozenset(roles), 2**31, 0, True, {})
        with self.services.db.transaction() as session:
            value = open_session(session, self.people[slug].id, claims, self.services.clock())
        client = TestClient(create_app(self.services), base_url=self.services.settings.public_url)
        client.cookies.set(COOKIE, value, domain="tre.localhost")
        client.headers.update({"origin": self.services.settings.public_url, "sec-fetch-site": "same-origin"})
        client.headers[HEADER] = form_token(value)
        return client

    def get(self, who: str, path: str, status: int = 200) -> Any:
        return self._answer(self.client(who).get(f"/api/v1{path}"), status)

    def post(self, who: str, path: str, body: Any = None, status: int = 200, **headers: str) -> Any:
        return self._answer(self.client(who).post(f"/api/v1{path}", json=body or {}, headers=headers), status)

    def put(self, who: str, path: str, data: bytes, status: int = 200) -> Any:
        headers = {"X-Part-SHA256": hashlib.sha256(data).hexdigest()}
        return self._answer(self.client(who).put(f"/api/v1{path}", content=data, headers=headers), status)

    @staticmethod
    def _answer(reply: Any, status: int) -> Any:
        assert reply.status_code == status, reply.text
        return reply.json() if reply.headers.get("content-type", "").endswith("json") else reply.content

    def work(self) -> None:
        """One round of the worker: checks, seals, releases."""
        datasets.sweep(self.services.db, dataset_neighbours.parts_of(self.services))
        egress.run_due_checks(self.services.db, egress_neighbours.parts_of(self.services))
        self.sealer.tick()
        egress.release_due(self.services.db, egress_neighbours.parts_of(self.services))

    def close(self) -> None:
        for client in self._clients.values():
            client.close()


@pytest.fixture
def stage(
    database: Database, sealer_database: Database, export_store: ObjectStore, export_vault: Vault
) -> Iterator[Stage]:
    clock = FakeClock()
    settings = Settings(oidc_issuer="https://id.tre.localhost/realms/tre")
    services = Services(database, export_store, export_vault, cast(Any, None), settings, clock)
    with database.transaction() as session:
        people = {slug: person(session, slug, *roles, clock=clock) for slug, roles in ROLES.items()}
        staff = team(session, clock)
        active_project(session, staff, SLUG, [people["chercheur-chef"], people["chercheuse-a"]], clock)
        for slug, who in people.items():
            session.add(
                Account(id=new_id("acc"), person_id=who.id, issuer="https://id", subject=slug, bound_at=clock())
            )
        session.flush()
        for agent in (staff.first, staff.second):
            people[agent.label] = session.get_one(Person, agent.person_id)
    made = Stage(services, Sealer(sealer_database, KEY, _Shelf(), ORIGIN, clock), staff, people)
    try:
        yield made
    finally:
        made.close()


class _Shelf:
    """Where checkpoints go; what is on it is another test's business."""

    def put(self, bucket: str, key: str, data: Any, size: int | None = None) -> str:
        return ""

"""Provisioning and closing on the real MinIO and OpenBao: what is left is the archive, the certificate, and no key."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from tests.support.projects import FakeClock, by, person, provisioning_project, team
from tre.core.clock import system_clock
from tre.core.errors import TreError
from tre.core.people import Actor, Role
from tre.db.session import Database
from tre.platform.objectstore import ObjectStore
from tre.platform.setup import SetupOptions, setup_buckets
from tre.platform.vault import Vault
from tre.projects import service
from tre.projects.archive import Archivist
from tre.projects.certificate import Certifier
from tre.projects.desired import PersonSpec, ProjectSpec
from tre.projects.desired.spec import Desired
from tre.projects.desired.storage import build_buckets, build_vault
from tre.projects.procedures import World, actions
from tre.projects.reconciler.objectstore import ObjectStoreProvider
from tre.projects.reconciler.providers import Difference, Outcome, Residue
from tre.projects.reconciler.vault import VaultProvider
from tre.projects.runner import Runner
from tre.projects.states import State

pytestmark = [pytest.mark.integration, pytest.mark.requirement("E36")]
POLICIES = Path(__file__).parents[3] / "policies"
SLUG = "etude-close"
AGENT = Actor("person", "agente-a", person_id="per-agent", roles=frozenset({Role.AGENT}))


@dataclass
class NoCluster:
    """Stands where Kubernetes does; the cluster's own part is shown in ``tests/cluster``."""

    name: str = "kubernetes"

    def ensure(self, desired: Desired) -> Outcome:
        return Outcome(self.name, 0)

    def drift(self, desired: Desired) -> tuple[Difference, ...]:
        return ()

    def destroy(self, slug: str) -> None:
        return

    def residue(self, slug: str) -> tuple[Residue, ...]:
        return ()


def _desired(slug: str) -> Desired:
    spec = ProjectSpec(slug, "Étude", (PersonSpec("anne", lead=True),))
    return Desired(slug, (), build_buckets(spec), build_vault(spec))


@dataclass(frozen=True)
class Ground:
    db: Database
    store: ObjectStore
    vault: Vault

    def runner(self) -> Runner:
        def evidence(slug: str) -> Iterable[tuple[str, bytes]]:
            for item in self.store.list(f"tre-{slug}-released"):
                yield f"released/{item.key}", self.store.get(f"tre-{slug}-released", item.key)

        world = World(
            kubernetes=NoCluster(), objectstore=ObjectStoreProvider(self.store), vault=VaultProvider(self.vault),
            desired=_desired, check_capacity=lambda slug: None, check_isolation=lambda slug: None,
            keep_facts=lambda slug, facts: None, end_sessions=lambda slug: 0, withdraw_requests=lambda slug: 0,
            archive=Archivist(self.db, self.store, self.vault, (evidence,)), certify=Certifier(self.db, self.vault),
        )  # fmt: skip
        return Runner(self.db, actions(world))

    def state(self) -> State:
        with self.db.transaction() as session:
            return service.get_project(session, SLUG).state


@pytest.fixture
def ground(database: Database, store: ObjectStore, vault: Vault) -> Ground:
    list(setup_buckets(store, SetupOptions(POLICIES)))
    clock = FakeClock(system_clock())
    with database.transaction() as session:
        people = team(session, clock)
        provisioning_project(session, people, SLUG, [person(session, "anne", clock=clock)], clock)
    return Ground(database, store, vault)


def test_closing_leaves_a_verifiable_archive_and_nothing_else(ground: Ground) -> None:
    assert ground.runner().advance(SLUG)
    assert ground.state() is State.ACTIVE
    ground.store.put(f"tre-{SLUG}-released", "table.csv", b"sexe,n\nF,120\n", 13)
    ground.store.put(f"tre-{SLUG}-work", "canary.csv", b"CANARY-PATIENT-ROW", 18)
    ground.vault.write_secret(SLUG, "shared", {"api": "value"})
    with ground.db.transaction() as session:
        agent = by(AGENT, "project.close")
        today = system_clock().date()
        service.announce_closing(session, SLUG, today, event=agent)
        service.close(session, SLUG, event=agent)
    assert ground.runner().advance(SLUG)
    assert ground.state() is State.CLOSED
    _check_archive(ground)
    _check_certificate(ground)
    assert not ground.vault.key_exists(f"p-{SLUG}")
    for place in ("inputs", "work", "released", "quarantine"):
        with pytest.raises(TreError):
            ground.store.list(f"tre-{SLUG}-{place}")


def _check_archive(ground: Ground) -> None:
    def read(name: str) -> bytes:
        return ground.store.get("tre-archive", f"{SLUG}/{name}")

    manifest = read("manifest.json")
    key = load_pem_public_key(read("signing-key.pem"))
    assert isinstance(key, Ed25519PublicKey)
    key.verify(read("manifest.sig"), manifest)
    names = set()
    for entry in json.loads(manifest)["files"]:
        data = read(entry["name"])
        names.add(entry["name"])
        assert hashlib.sha256(data).hexdigest() == entry["sha256"]
        assert b"CANARY-PATIENT-ROW" not in data
    assert {"authorisations.json", "events.jsonl", "steps.json", "released/table.csv"} <= names


def _check_certificate(ground: Ground) -> None:
    with ground.db.transaction() as session:
        issued = service.issued_certificate(session, SLUG)
    key = load_pem_public_key(issued.public_key.encode())
    assert isinstance(key, Ed25519PublicKey)
    key.verify(issued.signature, issued.body)
    said = json.loads(issued.body)
    assert said["second_look"]["found"] == []
    assert said["key"]["destroyed_at"] > said["second_look"]["at"]
    assert said["last_backup_with_key_expires_on"]
    assert "Home volumes" in said["not_crypto_erased"][0]

"""A project's life on the real cluster, driven as agents drive it: over the API, with tokens and a second factor."""

import secrets
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from demo import paths
from demo.personas import Api, Loopback, Refused
from tre.platform.cluster import Cluster

pytestmark = pytest.mark.cluster
_PATIENCE = 240


@pytest.fixture(scope="module")
def agents() -> tuple[Api, Api]:
    return Api("agente-a"), Api("agent-b")


def _wait_for(api: Api, slug: str, *states: str) -> dict[str, Any]:
    deadline = time.monotonic() + _PATIENCE
    while True:
        project: dict[str, Any] = api.get(f"/projects/{slug}")
        if project["state"] in states:
            return project
        assert time.monotonic() < deadline, f"still {project['state']}: {project['steps']}"
        time.sleep(1)


def _authorised(agents: tuple[Api, Api], slug: str) -> str:
    today = datetime.now(UTC).date()
    agents[0].post(
        "/projects",
        {
            "slug": slug, "title": f"Essai {slug}", "reference": "ESSAI-1", "authority": "Autorité de démonstration",
            "legal_basis": "art. 66", "purpose": "Essai", "controller": "CHU de démonstration",
            "public_benefit": "Essai", "starts_on": today.isoformat(),
            "ends_on": (today + timedelta(days=90)).isoformat(), "decision_sha256": "0" * 64,
            "people": [{"person": "chercheuse-a", "lead": True}],
            "datasets": [{"dataset": "colon", "variables": ["age"]}],
        },
    )  # fmt: skip
    agents[1].post(f"/projects/{slug}/confirm")
    agents[0].post(f"/projects/{slug}/capacity", {"cpu": 4, "memory_gib": 8})
    return slug


def _close(agents: tuple[Api, Api], slug: str) -> None:
    today = datetime.now(UTC).date().isoformat()
    agents[0].post(f"/projects/{slug}/announce-closing", {"last_export_on": today})
    agents[0].post(f"/projects/{slug}/close")
    _wait_for(agents[0], slug, "closed")


def _kill_worker(admin: Cluster) -> None:
    for pod in admin.list("v1", "Pod", "tre-system", "app.kubernetes.io/name=tre-worker"):
        admin.delete("v1", "Pod", pod["metadata"]["name"], "tre-system", grace_seconds=0)


def _try(api: Api, path: str) -> int:
    try:
        api.post(path)
    except Refused as refusal:
        return refusal.status
    return 200


def _things(admin: Cluster, slug: str) -> dict[str, list[str]]:
    """What the cluster holds of a project, by kind."""
    space = f"tre-p-{slug}"
    volumes = admin.list("v1", "PersistentVolume")
    return {
        "namespaces": [n["metadata"]["name"] for n in admin.list("v1", "Namespace") if n["metadata"]["name"] == space],
        "deployments": sorted(d["metadata"]["name"] for d in admin.list("apps/v1", "Deployment", space)),
        "policies": sorted(d["metadata"]["name"] for d in admin.list("networking.k8s.io/v1", "NetworkPolicy", space)),
        "volumes": [v["metadata"]["name"] for v in volumes if v["spec"].get("claimRef", {}).get("namespace") == space],
    }


@dataclass(frozen=True)
class Life:
    """One project from authorisation to certificate, and what was seen on the way."""

    slug: str
    starts: list[int]
    active: dict[str, Any]
    alive: dict[str, list[str]]
    remains: dict[str, list[str]]
    certificate: Any


@pytest.fixture(scope="module")
def life(admin: Cluster, agents: tuple[Api, Api]) -> Life:
    """Two agents start it at once, its worker is killed while it provisions, then it is closed."""
    slug = _authorised(agents, f"vie-{secrets.token_hex(3)}")
    with ThreadPoolExecutor(2) as pool:
        starts = sorted(pool.map(lambda api: _try(api, f"/projects/{slug}/provision"), agents))
    _kill_worker(admin)
    active = _wait_for(agents[0], slug, "active", "failed")
    alive = _things(admin, slug)
    _close(agents, slug)
    certificate = agents[1].call("GET", f"/projects/{slug}/certificate")
    return Life(slug, starts, active, alive, _things(admin, slug), certificate)


@pytest.mark.requirement("E33")
def test_two_starts_and_a_killed_worker_make_one_of_each(life: Life) -> None:
    assert life.starts == [200, 409]
    assert life.active["state"] == "active"
    assert {step["status"] for step in life.active["steps"]} <= {"done"}
    assert life.alive["namespaces"] == [f"tre-p-{life.slug}"]
    assert life.alive["deployments"] == ["gateway", "hub"]
    assert "default-deny" in life.alive["policies"]


@pytest.mark.requirement("E34")
def test_closing_leaves_nothing_of_the_project(life: Life) -> None:
    assert life.remains == {"namespaces": [], "deployments": [], "policies": [], "volumes": []}


@pytest.mark.requirement("E36")
def test_the_certificate_verifies_and_its_second_look_found_nothing(life: Life) -> None:
    headers = life.certificate.headers
    key = load_pem_public_key(headers["Tre-Public-Key"].replace("\\n", "\n").encode())
    assert isinstance(key, Ed25519PublicKey)
    key.verify(bytes.fromhex(headers["Tre-Signature"]), life.certificate.content)
    assert life.certificate.json()["second_look"]["found"] == []


@pytest.mark.requirement("E37")
@pytest.mark.parametrize("verb", ["provision", "resume", "close", "confirm", "abandon"])
def test_a_closed_project_stays_closed(agents: tuple[Api, Api], life: Life, verb: str) -> None:
    assert _try(agents[1], f"/projects/{life.slug}/{verb}") == 409


@pytest.mark.requirement("E38")
def test_the_register_keeps_it_without_its_people(agents: tuple[Api, Api], life: Life) -> None:
    shown = agents[0].get(f"/projects/{life.slug}")
    assert shown["state"] == "closed"
    public = httpx.Client(transport=Loopback()).get(f"https://{paths.DOMAIN}/register.json")
    entry = next(e for e in public.json()["projects"] if e["slug"] == life.slug)
    assert "chercheuse-a" not in str(entry)

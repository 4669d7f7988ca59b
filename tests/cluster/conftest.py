"""The real cluster with the chart installed: two projects of the tests' own, made by the worker's identity."""

import json
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from tre.platform.cluster import Cluster
from tre.platform.kubeapi import KubeApi
from tre.projects.desired import PersonSpec, PlatformFacts, ProjectSpec, render
from tre.projects.desired.spec import Desired
from tre.projects.reconciler.facts import SERVICES
from tre.projects.reconciler.kubernetes import KubernetesProvider
from tre.projects.reconciler.probe import DenialProbe

WORKER = "system:serviceaccount:tre-system:tre-worker"


def _kubeconfig() -> None:
    state = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local/state")
    os.environ.setdefault("KUBECONFIG", os.environ.get("TRE_KUBECONFIG") or str(state / "tre/devcluster/kubeconfig"))


@pytest.fixture(scope="session")
def admin() -> Cluster:
    """The cluster as its administrator sees it."""
    _kubeconfig()
    cluster = Cluster()
    cluster.ready()
    return cluster


@pytest.fixture(scope="session")
def worker(admin: Cluster) -> Cluster:
    """The cluster with the rights of the control plane's worker, and no more."""
    return Cluster(KubeApi(as_user=WORKER))


@pytest.fixture(scope="session")
def facts(admin: Cluster) -> PlatformFacts:
    """What the installed chart says of itself."""
    images = admin.get("v1", "ConfigMap", "tre-images", "tre-system")
    authority = admin.get("v1", "ConfigMap", "tre-internal-ca", "tre-system")
    assert images is not None, "install the chart first: make demo, or helm install"
    assert authority is not None
    return PlatformFacts(
        images=json.loads(images["data"]["images.json"]),
        addresses={name: admin.service_ip(name) for name in SERVICES},
        api_servers=admin.api_servers(),
        internal_ca_pem=authority["data"]["ca.crt"],
    )


@pytest.fixture(scope="session")
def provider(worker: Cluster) -> KubernetesProvider:
    return KubernetesProvider(worker)


@pytest.fixture(scope="session")
def prober(worker: Cluster) -> DenialProbe:
    return DenialProbe(worker)


def _project(prefix: str, facts: PlatformFacts) -> Desired:
    people = (PersonSpec("anna", home_gib=1), PersonSpec("bruno", home_gib=1))
    # asleep: these projects are for what is around pods, not for hubs
    return render(ProjectSpec(f"{prefix}-{secrets.token_hex(3)}", "Essai", people, awake=False), facts)


def _living(provider: KubernetesProvider, desired: Desired) -> Iterator[Desired]:
    try:
        provider.ensure(desired)
        yield desired
    finally:
        provider.destroy(desired.slug)


@pytest.fixture(scope="session")
def project_a(provider: KubernetesProvider, facts: PlatformFacts) -> Iterator[Desired]:
    """One project."""
    yield from _living(provider, _project("ta", facts))


@pytest.fixture(scope="session")
def project_b(provider: KubernetesProvider, facts: PlatformFacts) -> Iterator[Desired]:
    """Another."""
    yield from _living(provider, _project("tb", facts))


@pytest.fixture
def project_alone(provider: KubernetesProvider, facts: PlatformFacts) -> Iterator[Desired]:
    """One for a test that repairs: repair ends everything that nobody rendered, the listeners of other tests too."""
    yield from _living(provider, _project("tz", facts))

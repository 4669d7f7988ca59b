"""What one worker process is made of, built once from the settings."""

import hashlib
import json
from dataclasses import asdict, dataclass, field

from tre.api.context import Services
from tre.core.clock import Clock, system_clock
from tre.core.errors import Conflict
from tre.core.settings import Settings
from tre.db.session import Database, make_engine
from tre.platform.cluster import Cluster
from tre.platform.objectstore import ObjectStore
from tre.platform.vault import Vault
from tre.projects import service
from tre.projects.desired import render
from tre.projects.desired.spec import Capacity, Desired, PlatformFacts, ProjectSpec
from tre.projects.reconciler.facts import platform_facts
from tre.projects.reconciler.kubernetes import KubernetesProvider
from tre.projects.reconciler.objectstore import ObjectStoreProvider
from tre.projects.reconciler.probe import DenialProbe
from tre.projects.reconciler.vault import VaultProvider

# How many times over the machines' own size one project's ceiling may go: notebooks mostly wait for their reader.
_CPU_OVERCOMMIT, _MEMORY_OVERCOMMIT = 4, 2
_UNITS = {"Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40}


def services_of(settings: Settings, clock: Clock = system_clock) -> Services:
    """The parts that `tre serve` and `tre worker` share. Connects lazily: a part that is down is told at its use."""
    return Services(
        db=Database(make_engine(settings.database_url.get_secret_value())),
        store=ObjectStore.from_settings(settings),
        vault=Vault.from_settings(settings),
        cluster=Cluster(),
        settings=settings,
        clock=clock,
    )


@dataclass(frozen=True)
class Providers:
    """The three parts of the world."""

    kubernetes: KubernetesProvider
    objectstore: ObjectStoreProvider
    vault: VaultProvider

    def all(self) -> tuple[KubernetesProvider, ObjectStoreProvider, VaultProvider]:
        """In the order in which a person reads a diff."""
        return (self.kubernetes, self.objectstore, self.vault)


@dataclass(frozen=True)
class Rendered:
    """A desired state, what it was rendered from, and its fingerprint."""

    spec: ProjectSpec
    facts: PlatformFacts
    desired: Desired
    mark: str


def fingerprint(desired: Desired) -> str:
    """The SHA-256 of a desired state: tells a change of ours from a change by others."""
    whole = [desired.objects, asdict(desired.buckets), asdict(desired.vault)]
    return hashlib.sha256(json.dumps(whole, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True)
class Process:
    """Services, providers, and the questions that need both."""

    services: Services
    providers: Providers
    told: dict[str, frozenset[str]] = field(default_factory=dict)  # see ``tre.worker.telling``
    _held: dict[str, Rendered] = field(default_factory=dict)

    @classmethod
    def of(cls, services: Services) -> "Process":
        providers = Providers(
            KubernetesProvider(services.cluster), ObjectStoreProvider(services.store), VaultProvider(services.vault)
        )
        return cls(services, providers)

    def facts(self) -> PlatformFacts:
        """Looked up at each use: images and addresses change under a running worker."""
        return platform_facts(self.services.settings, self.services.cluster)

    def desired(self, slug: str, facts: PlatformFacts | None = None) -> Desired:
        """The project as it has to be now. Raises NotFound, Unavailable ``facts-missing``."""
        with self.services.db.transaction() as session:
            spec = service.project_spec(session, slug)
        return self.rendered(spec, facts or self.facts()).desired

    def rendered(self, spec: ProjectSpec, facts: PlatformFacts) -> Rendered:
        """The desired state of a spec; rendered again only when spec or facts have changed."""
        held = self._held.get(spec.slug)
        if held is None or held.spec != spec or held.facts != facts:
            desired = render(spec, facts)
            held = self._held[spec.slug] = Rendered(spec, facts, desired, fingerprint(desired))
        return held

    def check_isolation(self, slug: str) -> None:
        """The live denial probe; raises when a forbidden address answers or an allowed one does not."""
        DenialProbe(self.services.cluster).check(slug, self.facts())

    def check_capacity(self, slug: str) -> None:
        """Refuse a ceiling that the cluster could never give. Raises Conflict ``capacity-missing``."""
        with self.services.db.transaction() as session:
            wanted = service.project_spec(session, slug).capacity
        nodes = self.services.cluster.list("v1", "Node")
        check_fits(wanted, [node["status"]["allocatable"] for node in nodes])


def check_fits(wanted: Capacity, nodes: list[dict[str, str]]) -> None:
    """Raises Conflict ``capacity-missing`` when a project's ceiling exceeds what the machines have, overcommitted."""
    cpu = sum(_cpu(node["cpu"]) for node in nodes) * _CPU_OVERCOMMIT
    memory = sum(_bytes(node["memory"]) for node in nodes) * _MEMORY_OVERCOMMIT
    if float(wanted.cpu) > cpu or wanted.memory_gib * 2**30 > memory:
        raise Conflict(
            "capacity-missing", f"The quota of {wanted.cpu} CPUs and {wanted.memory_gib} GiB exceeds the cluster.",
            f"Acknowledge at most {int(cpu)} CPUs and {int(memory / 2**30)} GiB, or add machines.",
        )  # fmt: skip


def _cpu(quantity: str) -> float:
    return float(quantity[:-1]) / 1000 if quantity.endswith("m") else float(quantity)


def _bytes(quantity: str) -> int:
    unit = _UNITS.get(quantity[-2:])
    return int(quantity[:-2]) * unit if unit else int(quantity)

"""What the desired state of a project is a function of (design §2). Plain values: no clock, no database, no cluster."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Object = dict[str, Any]  # a Kubernetes object as it is sent: JSON values only


@dataclass(frozen=True, order=True)
class PersonSpec:
    """A person whose rights in the project are in force; ``slug`` also names their home and their host."""

    slug: str
    lead: bool = False
    home_gib: int = 5


@dataclass(frozen=True)
class Capacity:
    """The project's ceiling: what its people may use together. Its hub and gateway come on top."""

    cpu: str = "8"
    memory_gib: int = 24
    pods: int = 40
    home_total_gib: int = 100
    work_gib: int = 50


@dataclass(frozen=True)
class ProjectSpec:
    """A project as the reconciler sees it.

    ``awake`` scales hub and gateway: false while suspended, frozen, or unused (they wake on a visit).
    """

    slug: str
    title: str
    people: tuple[PersonSpec, ...] = ()
    capacity: Capacity = field(default_factory=Capacity)
    awake: bool = True


@dataclass(frozen=True)
class PlatformFacts:
    """What the platform is: the same for all projects.

    ``images`` maps a name of ``images/`` to its reference by digest. ``addresses`` maps a Service of the platform's
    namespace to its cluster address: people's pods have no DNS (design §5). ``api_servers`` are ``address:port`` of the
    API server's own endpoints, the hub's only way out of the cluster network.
    """

    work_domain: str = "work.tre.localhost"
    namespace: str = "tre-system"
    images: Mapping[str, str] = field(default_factory=dict)
    addresses: Mapping[str, str] = field(default_factory=dict)
    api_servers: tuple[str, ...] = ()
    internal_ca_pem: str = ""
    storage_class: str = ""
    ingress_class: str = "traefik"  # empty: no Ingress objects, the ingress asks the control plane


@dataclass(frozen=True)
class Bucket:
    """One bucket: ``locked`` means object lock in governance mode, chosen when it is made and never after."""

    name: str
    versioned: bool
    locked: bool = False
    quota_bytes: int | None = None


@dataclass(frozen=True)
class BucketPlan:
    """The project's buckets, all under ``key``, and the policy a session's user carries."""

    slug: str
    key: str
    buckets: tuple[Bucket, ...]
    session_policy: str
    session_policy_document: str  # canonical JSON


@dataclass(frozen=True)
class VaultPlan:
    """The project's transit key, its place in ``tre-kv``, and the policy a session's token carries."""

    slug: str
    key: str
    kv_prefix: str
    session_policy: str
    session_policy_document: str  # HCL


@dataclass(frozen=True)
class Desired:
    """What the world must be for one project: ``render``'s answer, the providers' input."""

    slug: str
    objects: tuple[Object, ...]
    buckets: BucketPlan
    vault: VaultPlan

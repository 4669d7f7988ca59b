"""Volumes: a home a person, and the data of hub and gateway."""

from dataclasses import dataclass
from typing import Any

from tre.projects.desired.names import manifest
from tre.projects.desired.spec import Object, PlatformFacts, ProjectSpec


@dataclass(frozen=True)
class Claim:
    """One volume that one node mounts."""

    name: str
    gib: int
    component: str
    person: str | None = None


def build_claim(claim: Claim, spec: ProjectSpec, facts: PlatformFacts) -> Object:
    """A claim on the platform's storage class, or the cluster's default."""
    body: dict[str, Any] = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": f"{claim.gib}Gi"}}}
    if facts.storage_class:
        body["storageClassName"] = facts.storage_class
    return manifest("v1", "PersistentVolumeClaim", claim.name, spec, claim.component, person=claim.person, spec=body)


def build_homes(spec: ProjectSpec, facts: PlatformFacts) -> list[Object]:
    """One home a person: it outlives sessions, not the project."""
    return [build_claim(Claim(f"home-{p.slug}", p.home_gib, "home", p.slug), spec, facts) for p in spec.people]

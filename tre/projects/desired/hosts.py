"""Ingress: the hub's host, and one host a person, so that each notebook has an origin of its own (design §2)."""

from typing import Any

from tre.projects.desired.names import PORT, manifest
from tre.projects.desired.spec import Object, PlatformFacts, ProjectSpec


def hub_host(slug: str, work_domain: str) -> str:
    """Where the project's hub is."""
    return f"{slug}.{work_domain}"


def notebook_host(slug: str, person: str, work_domain: str) -> str:
    """Where one person's notebook is; `--` cannot occur in a slug, so that no two hosts are alike."""
    return f"{slug}--{person}.{work_domain}"


def build_ingresses(spec: ProjectSpec, facts: PlatformFacts) -> list[Object]:
    """TLS is the ingress controller's wildcard certificate. None when the ingress asks the control plane instead."""
    if not facts.ingress_class:
        return []
    hub = [hub_host(spec.slug, facts.work_domain)]
    people = [notebook_host(spec.slug, person.slug, facts.work_domain) for person in spec.people]
    built = [_ingress("hub", hub, spec, facts)]
    return [*built, _ingress("gateway", people, spec, facts)] if people else built


def _ingress(service: str, hosts: list[str], spec: ProjectSpec, facts: PlatformFacts) -> Object:
    backend = {"service": {"name": service, "port": {"number": PORT[service]}}}
    path: dict[str, Any] = {"path": "/", "pathType": "Prefix", "backend": backend}
    rules = [{"host": host, "http": {"paths": [path]}} for host in hosts]
    body = {"ingressClassName": facts.ingress_class, "tls": [{"hosts": hosts}], "rules": rules}
    return manifest("networking.k8s.io/v1", "Ingress", service, spec, service, spec=body)

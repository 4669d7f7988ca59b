"""The project's hub and gateway: one Deployment and one Service each, asleep while the project is."""

from dataclasses import dataclass
from typing import Any

from tre.projects.desired import pods
from tre.projects.desired.claims import Claim, build_claim
from tre.projects.desired.names import PORT, image, labels, manifest
from tre.projects.desired.spec import Object, PlatformFacts, ProjectSpec


@dataclass(frozen=True)
class Server:
    """What differs between hub and gateway."""

    name: str
    command: tuple[str, ...]
    secret_keys: tuple[str, ...]
    token: bool  # whether it gets a Kubernetes token
    requests: tuple[str, str]
    limits: tuple[str, str]


HUB = Server(
    "hub", ("python", "-m", "tre.spawner.hub"), ("crypt-key", "gateway-token", "service-token"), True,
    ("30m", "160Mi"), ("1", "512Mi"),
)  # fmt: skip
GATEWAY = Server(
    "gateway", ("python", "-m", "tre.spawner.gateway"), ("gateway-token", "service-token"), False,
    ("20m", "64Mi"), ("1", "384Mi"),
)  # fmt: skip


def build_server(server: Server, spec: ProjectSpec, facts: PlatformFacts) -> list[Object]:
    """Claim, Service and Deployment; Services come first so that their addresses exist."""
    return [
        build_claim(Claim(f"{server.name}-data", 1, server.name), spec, facts),
        _service(server, spec),
        _deployment(server, spec, facts),
    ]


def _service(server: Server, spec: ProjectSpec) -> Object:
    body = {
        "type": "ClusterIP",
        "selector": {"tre/component": server.name},
        "ports": [{"name": "http", "port": PORT[server.name], "protocol": "TCP", "targetPort": PORT[server.name]}],
    }
    return manifest("v1", "Service", server.name, spec, server.name, spec=body)


def _deployment(server: Server, spec: ProjectSpec, facts: PlatformFacts) -> Object:
    body = {
        "replicas": 1 if spec.awake else 0,
        "strategy": {"type": "Recreate"},  # one writer of its data volume
        "selector": {"matchLabels": {"tre/component": server.name}},
        "template": {"metadata": {"labels": labels(spec, server.name)}, "spec": _pod(server, spec, facts)},
    }
    return manifest("apps/v1", "Deployment", server.name, spec, server.name, spec=body)


def _pod(server: Server, spec: ProjectSpec, facts: PlatformFacts) -> dict[str, Any]:
    return {
        "serviceAccountName": server.name,
        "automountServiceAccountToken": server.token,
        "enableServiceLinks": False,
        "securityContext": pods.pod_security(),
        "containers": [_container(server, spec, facts)],
        "volumes": pods.volumes(f"{server.name}-data", server.secret_keys),
    }


def _container(server: Server, spec: ProjectSpec, facts: PlatformFacts) -> dict[str, Any]:
    port = PORT[server.name]
    return {
        "name": server.name,
        "image": image(facts, server.name),
        "imagePullPolicy": "IfNotPresent",
        "command": list(server.command),
        "env": pods.environment(spec, facts),
        "ports": [{"name": "http", "containerPort": port, "protocol": "TCP"}],
        "readinessProbe": {"tcpSocket": {"port": port}, "periodSeconds": 3},
        "resources": {
            "requests": {"cpu": server.requests[0], "memory": server.requests[1]},
            "limits": {"cpu": server.limits[0], "memory": server.limits[1]},
        },
        "securityContext": pods.container_security(),
        "volumeMounts": pods.mounts(),
    }

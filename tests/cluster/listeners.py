"""Pods that listen, so that a probe which fails shows a closed path and not an absent server."""

import json
from collections.abc import Iterator
from typing import Any

from tre.platform.cluster import Cluster
from tre.projects.desired.names import namespace
from tre.projects.desired.pods import container_security, pod_security
from tre.projects.desired.spec import Object

PORTS = (8000, 8888, 15002, 9999)
_PROGRAM = """
import json, os, selectors, socket
chosen = selectors.DefaultSelector()
for port in json.loads(os.environ["PORTS"]):
    server = socket.create_server(("0.0.0.0", port))
    chosen.register(server, selectors.EVENT_READ)
while True:
    for key, _ in chosen.select():
        key.fileobj.accept()[0].close()
"""


def listener(name: str, where: str, image: str, labels: dict[str, str]) -> Object:
    """A pod that accepts connections on every port of ``PORTS``."""
    container: dict[str, Any] = {
        "name": "listener", "image": image, "command": ["python", "-c", _PROGRAM],
        "env": [{"name": "PORTS", "value": json.dumps(PORTS)}], "securityContext": container_security(),
        "resources": {"requests": {"cpu": "5m", "memory": "16Mi"}, "limits": {"cpu": "200m", "memory": "64Mi"}},
    }  # fmt: skip
    spec = {
        "serviceAccountName": "default", "automountServiceAccountToken": False, "enableServiceLinks": False,
        "terminationGracePeriodSeconds": 0, "securityContext": pod_security(), "containers": [container],
    }  # fmt: skip
    metadata = {"name": name, "namespace": where, "labels": labels}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}


def start(cluster: Cluster, pods: list[Object]) -> dict[str, str]:
    """Create them; returns their addresses by name once all run."""
    for pod in pods:
        cluster.create(pod)
    addresses: dict[str, str] = {}

    def ready() -> bool:
        for pod in pods:
            meta = pod["metadata"]
            live = cluster.get("v1", "Pod", meta["name"], meta["namespace"]) or {}
            status = live.get("status", {})
            if status.get("phase") != "Running":
                return False
            addresses[meta["name"]] = status["podIP"]
        return True

    cluster.wait("listeners", ready, 90)
    return addresses


def running(cluster: Cluster, pods: list[Object]) -> Iterator[dict[str, str]]:
    """``start``, and their end afterwards: for fixtures."""
    try:
        yield start(cluster, pods)
    finally:
        for pod in pods:
            cluster.delete("v1", "Pod", pod["metadata"]["name"], pod["metadata"]["namespace"], grace_seconds=0)


def component_listeners(slug: str, image: str) -> list[Object]:
    """One listener for each component of a project."""
    found = []
    for component in ("gateway", "hub", "notebook", "spark"):
        labels = {"tre/component": component, "tre/person": "anna", "tre/project": slug}
        found.append(listener(f"listen-{component}", namespace(slug), image, labels))
    return found

"""Kubernetes objects of the self-check."""

from __future__ import annotations

from typing import Any

NAMESPACE_A, NAMESPACE_B, NAMESPACE_HOST = "devcluster-check-a", "devcluster-check-b", "devcluster-check-host"
NAMESPACES = {NAMESPACE_A: "restricted", NAMESPACE_B: "restricted", NAMESPACE_HOST: "privileged"}
PORT = 8080
HOST_PORT = 18080

Object = dict[str, Any]


def namespace(name: str, level: str) -> Object:
    """Return a namespace that enforces a Pod Security level."""
    labels = {"pod-security.kubernetes.io/enforce": level}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}


def pod(name: str, namespace: str, image: str, *, host_port: int | None = None, claim: str | None = None) -> Object:
    """Return a pod that fits Pod Security `restricted` (but for a host port) and answers on PORT."""
    port: Object = {"containerPort": PORT}
    if host_port:
        port["hostPort"] = host_port
    container: Object = {
        "name": "probe",
        "image": image,
        "imagePullPolicy": "Always",
        "args": ["serve", f":{PORT}"],
        "ports": [port],
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
    }
    spec: Object = {
        "automountServiceAccountToken": False,
        "terminationGracePeriodSeconds": 0,
        "securityContext": {"runAsNonRoot": True, "runAsUser": 1000, "seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [container],
    }
    if claim:
        spec["volumes"] = [{"name": "data", "persistentVolumeClaim": {"claimName": claim}}]
        container["volumeMounts"] = [{"name": "data", "mountPath": "/data"}]
    metadata = {"name": name, "namespace": namespace, "labels": {"app": name}}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}


def privileged_pod(namespace: str, image: str) -> Object:
    """Return a pod that a restricted namespace must refuse."""
    made = pod("privileged", namespace, image)
    made["spec"]["containers"][0]["securityContext"] = {"privileged": True}
    return made


def claim(name: str, namespace: str) -> Object:
    """Return a claim on the default StorageClass."""
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Mi"}}},
    }


def _policy(name: str, spec: Object) -> Object:
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": name, "namespace": NAMESPACE_A},
        "spec": spec,
    }


def policies() -> list[Object]:
    """Return a default denial both ways, and the one flow friend → server."""
    server, friend = {"matchLabels": {"app": "server"}}, {"matchLabels": {"app": "friend"}}
    ports = [{"port": PORT, "protocol": "TCP"}]
    return [
        _policy("default-deny", {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}),
        _policy(
            "server-from-friend",
            {"podSelector": server, "ingress": [{"from": [{"podSelector": friend}], "ports": ports}]},
        ),
        _policy(
            "friend-to-server",
            {
                "podSelector": friend,
                "policyTypes": ["Egress"],
                "egress": [{"to": [{"podSelector": server}], "ports": ports}],
            },
        ),
    ]

"""The Spark Connect server's pod: a pure function of its session. It runs a person's code, so it holds no token."""

from typing import Any

from tre.core.errors import Invalid
from tre.sessions.contracts import WorkspaceFacts
from tre.sessions.models import WorkspaceSession
from tre.sessions.plan import host_aliases

PORT = 15002
SECRETS = "/var/run/tre"
_USER = 1000


def pod_name(person: str) -> str:
    """One server a person."""
    return f"spark-{person}"


def build_spark_pod(row: WorkspaceSession, nonce: str, facts: WorkspaceFacts) -> dict[str, Any]:
    """The manifest; raises Invalid ``image-unavailable`` where Spark is not installed."""
    image = facts.images.get("spark", "")
    if "@sha256:" not in image:
        raise Invalid("image-unavailable", "Spark is not installed here.", "Choose another kind of notebook.")
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": pod_name(row.person_slug),
            "namespace": f"tre-p-{row.slug}",
            "labels": {
                "app.kubernetes.io/managed-by": "tre",
                "tre/project": row.slug,
                "tre/component": "spark",
                "tre/person": row.person_slug,
                "tre/session": row.id,
            },
        },
        "spec": {
            "serviceAccountName": "spark",
            "automountServiceAccountToken": False,
            "enableServiceLinks": False,
            "restartPolicy": "Never",
            "terminationGracePeriodSeconds": 5,
            "dnsPolicy": "None",
            "dnsConfig": {"nameservers": ["127.0.0.1"]},
            "hostAliases": host_aliases(facts),
            "hostname": "spark",
            "securityContext": {
                "runAsNonRoot": True, "runAsUser": _USER, "runAsGroup": _USER, "fsGroup": _USER,
                "seccompProfile": {"type": "RuntimeDefault"},
            },
            "initContainers": [_claim(row, nonce, facts)],
            "containers": [_server(image)],
            "volumes": [
                {"name": "session", "emptyDir": {"medium": "Memory", "sizeLimit": "1Mi"}},
                {"name": "tmp", "emptyDir": {"sizeLimit": "8Gi"}},
                {"name": "ca", "configMap": {"name": "tre-internal-ca", "defaultMode": 0o444}},
            ],
        },
    }  # fmt: skip


def _security() -> dict[str, Any]:
    return {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "readOnlyRootFilesystem": True,
        "runAsNonRoot": True,
        "seccompProfile": {"type": "RuntimeDefault"},
    }


def _claim(row: WorkspaceSession, nonce: str, facts: WorkspaceFacts) -> dict[str, Any]:
    return {
        "name": "claim",
        "image": row.image,
        "imagePullPolicy": "IfNotPresent",
        "command": ["python3", "-I", "-m", "tre.spawner.claim"],
        "env": [
            {"name": "TRE_WORKSPACE_URL", "value": f"http://tre-workspace.{facts.namespace}.svc:8082/workspace/v1"},
            {"name": "TRE_SESSION", "value": row.id},
            {"name": "TRE_NONCE", "value": nonce},
        ],
        "resources": {"requests": {"cpu": "10m", "memory": "32Mi"}, "limits": {"cpu": "500m", "memory": "128Mi"}},
        "securityContext": _security(),
        "volumeMounts": [{"name": "session", "mountPath": SECRETS}],
    }


def _server(image: str) -> dict[str, Any]:
    environment = {
        "AWS_CONFIG_FILE": f"{SECRETS}/aws-config",
        "AWS_SHARED_CREDENTIALS_FILE": f"{SECRETS}/aws-credentials",
        "AWS_CA_BUNDLE": "/etc/tre/ca/ca.crt",
        "AWS_EC2_METADATA_DISABLED": "true",
        "SPARK_DRIVER_MEMORY": "1g",
        "SPARK_LOCAL_HOSTNAME": "localhost",
    }
    return {
        "name": "spark",
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "args": ["connect"],
        "env": [{"name": name, "value": value} for name, value in environment.items()],
        "ports": [{"name": "connect", "containerPort": PORT, "protocol": "TCP"}],
        "resources": {
            "requests": {"cpu": "100m", "memory": "1Gi"},
            "limits": {"cpu": "2", "memory": "2560Mi", "ephemeral-storage": "10Gi"},
        },
        "securityContext": _security(),
        "volumeMounts": [
            {"name": "session", "mountPath": SECRETS, "readOnly": True},
            {"name": "tmp", "mountPath": "/tmp"},  # noqa: S108  # a volume of the pod's own
            {"name": "ca", "mountPath": "/etc/tre/ca", "readOnly": True},
        ],
    }

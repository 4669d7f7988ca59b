"""What every pod of ours has in common: Pod Security ``restricted``, a read-only root."""

from typing import Any

from tre.projects.desired.names import CA_CONFIG_MAP, SERVICE_SECRET
from tre.projects.desired.spec import PlatformFacts, ProjectSpec

USER = 1000


def pod_security() -> dict[str, Any]:
    """The pod's security context."""
    return {
        "runAsNonRoot": True, "runAsUser": USER, "runAsGroup": USER, "fsGroup": USER,
        "seccompProfile": {"type": "RuntimeDefault"},
    }  # fmt: skip


def container_security() -> dict[str, Any]:
    """Each container's security context: init containers do not inherit another's."""
    return {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "readOnlyRootFilesystem": True,
        "runAsNonRoot": True,
        "seccompProfile": {"type": "RuntimeDefault"},
    }


def environment(spec: ProjectSpec, facts: PlatformFacts) -> list[dict[str, Any]]:
    """Settings of hub and gateway; secrets are files."""
    domain = facts.work_domain.removeprefix("work.")
    return [
        {"name": "TRE_DATA_DIR", "value": "/var/lib/tre"},
        {"name": "TRE_HUBAPI_URL", "value": f"http://tre-hubapi.{facts.namespace}.svc:8081"},
        {"name": "TRE_NAMESPACE", "valueFrom": {"fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.namespace"}}},
        {"name": "TRE_PROJECT", "value": spec.slug},
        {"name": "TRE_PUBLIC_URL", "value": f"https://{domain}"},
        {"name": "TRE_WORK_DOMAIN", "value": facts.work_domain},
    ]


def volumes(claim: str, secret_keys: tuple[str, ...]) -> list[dict[str, Any]]:
    """Data, temporary files, the internal CA, and exactly the named keys of the project's own secret."""
    items = [{"key": key, "path": key} for key in secret_keys]
    secret = {"secretName": SERVICE_SECRET, "items": items, "defaultMode": 0o440}
    return [
        {"name": "data", "persistentVolumeClaim": {"claimName": claim}},
        {"name": "tmp", "emptyDir": {"sizeLimit": "64Mi"}},
        {"name": "ca", "configMap": {"name": CA_CONFIG_MAP, "defaultMode": 0o444}},
        {"name": "service", "secret": secret},
    ]


def mounts() -> list[dict[str, Any]]:
    """Where those volumes are."""
    return [
        {"name": "data", "mountPath": "/var/lib/tre"},
        {"name": "tmp", "mountPath": "/tmp"},  # noqa: S108  # a volume of the pod's own
        {"name": "ca", "mountPath": "/etc/tre/ca", "readOnly": True},
        {"name": "service", "mountPath": "/var/run/secrets/tre", "readOnly": True},
    ]

"""The namespace and its ceilings."""

from tre.projects.desired.names import labels, manifest, namespace
from tre.projects.desired.servers import GATEWAY, HUB
from tre.projects.desired.spec import Object, ProjectSpec

POD_SECURITY_VERSION = "v1.35"  # pinned: an upgrade of the cluster must not change what is allowed


def build_namespace(spec: ProjectSpec) -> Object:
    """Pod Security ``restricted``, enforced (design §5)."""
    security = {
        "pod-security.kubernetes.io/enforce": "restricted",
        "pod-security.kubernetes.io/enforce-version": POD_SECURITY_VERSION,
    }
    metadata = {"name": namespace(spec.slug), "labels": {**labels(spec, "policy"), **security}}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}


def build_quota(spec: ProjectSpec) -> Object:
    """What people may use, and hub and gateway on top. Services that open ports on nodes are never allowed."""
    ceiling = spec.capacity
    own = (HUB.limits, GATEWAY.limits)
    hard = {
        "limits.cpu": f"{float(ceiling.cpu) + sum(int(cpu) for cpu, _ in own):g}",
        "limits.memory": f"{ceiling.memory_gib * 1024 + sum(int(m.removesuffix('Mi')) for _, m in own)}Mi",
        "pods": str(ceiling.pods + len(own)),
        "requests.storage": f"{ceiling.home_total_gib + len(own)}Gi",
        "services.loadbalancers": "0",
        "services.nodeports": "0",
    }
    return manifest("v1", "ResourceQuota", "project", spec, "policy", spec={"hard": hard})


def build_limits(spec: ProjectSpec) -> Object:
    """Defaults for a container that names none, so that the quota counts it."""
    default = {"cpu": "500m", "memory": "512Mi"}
    request = {"cpu": "20m", "memory": "64Mi"}
    limit = {"type": "Container", "default": default, "defaultRequest": request}
    return manifest("v1", "LimitRange", "project", spec, "policy", spec={"limits": [limit]})

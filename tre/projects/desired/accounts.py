"""Service accounts and the hub's Role. No pod that runs a person's code holds a Kubernetes token (design §5)."""

from tre.projects.desired.names import manifest, namespace
from tre.projects.desired.spec import Object, ProjectSpec

_RBAC = "rbac.authorization.k8s.io/v1"
# `default` is rendered too: the one that every namespace has must not hand out tokens either
ACCOUNTS = ("default", "gateway", "hub", "notebook", "spark")


def build_accounts(spec: ProjectSpec) -> list[Object]:
    """One account a component, none of which mounts its token by itself."""
    return [
        manifest("v1", "ServiceAccount", name, spec, "policy", automountServiceAccountToken=False) for name in ACCOUNTS
    ]


def build_hub_role(spec: ProjectSpec) -> list[Object]:
    """What KubeSpawner needs, in this namespace only: pods and their events; no secrets, no volumes, no exec."""
    rules = [
        {"apiGroups": [""], "resources": ["pods"], "verbs": ["create", "delete", "get", "list", "watch"]},
        {"apiGroups": [""], "resources": ["events"], "verbs": ["get", "list", "watch"]},
    ]
    subject = {"kind": "ServiceAccount", "name": "hub", "namespace": namespace(spec.slug)}
    reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "hub"}
    return [
        manifest(_RBAC, "Role", "hub", spec, "hub", rules=rules),
        manifest(_RBAC, "RoleBinding", "hub", spec, "hub", roleRef=reference, subjects=[subject]),
    ]

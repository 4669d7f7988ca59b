"""What runs inside the cluster from the start: DNS, the default StorageClass, the components' rights."""

from __future__ import annotations

from pathlib import Path
from string import Template

from devcluster.network_plan import CLUSTER_DOMAIN, NetworkPlan
from devcluster.paths import SOURCE, Paths
from devcluster.shell import run
from devcluster.versions import COREDNS_IMAGE

MANIFESTS = SOURCE / "manifests"


def render(file: Path, plan: NetworkPlan) -> str:
    """Return a manifest with this cluster's values."""
    values = {"dns_ip": plan.dns_ip, "cluster_domain": CLUSTER_DOMAIN, "coredns_image": COREDNS_IMAGE}
    return Template(file.read_text()).substitute(values)


def text_of_all(plan: NetworkPlan) -> str:
    """Return all manifests with this cluster's values."""
    return "\n---\n".join(render(file, plan) for file in sorted(MANIFESTS.glob("*.yaml")))


def apply(paths: Paths, plan: NetworkPlan) -> None:
    """Make the cluster hold the manifests."""
    text = text_of_all(plan)
    kubectl(paths, "apply", "--server-side", "--force-conflicts", "--field-manager=devcluster", "-f", "-", stdin=text)
    _applied(paths).write_text(text)


def are_current(paths: Paths, plan: NetworkPlan) -> bool:
    """Return whether the manifests are those that were applied last."""
    return _applied(paths).is_file() and _applied(paths).read_text() == text_of_all(plan)


def _applied(paths: Paths) -> Path:
    return paths.config / "applied.yaml"


def kubectl(paths: Paths, *arguments: str, stdin: str | None = None) -> str:
    """Run kubectl as the administrator; raises DevClusterError with its words."""
    return run([paths.bin / "kubectl", f"--kubeconfig={paths.kubeconfig}", *arguments], stdin=stdin)

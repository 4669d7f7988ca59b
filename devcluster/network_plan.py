"""Address ranges of the cluster, chosen so that they do not hide a network of this machine."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from devcluster.errors import DevClusterError

NODE_NAME = "tre-dev"
CLUSTER_DOMAIN = "cluster.local"
NODE_BRIDGE = "tre-node0"
POD_BRIDGE = "tre-pods0"
POD_NETWORK = "tre-pods"

SERVICE_RANGES = ("10.96.0.0/16", "10.97.0.0/16", "172.29.0.0/16")
POD_RANGES = ("10.244.0.0/16", "10.245.0.0/16", "172.30.0.0/16")
NODE_ADDRESSES = ("10.255.0.1", "10.254.0.1", "172.31.255.1")


@dataclass(frozen=True)
class NetworkPlan:
    """Addresses of one cluster. IPv4 only: nothing here enforces policy for IPv6."""

    service_cidr: str = SERVICE_RANGES[0]
    pod_cidr: str = POD_RANGES[0]
    node_ip: str = NODE_ADDRESSES[0]

    @property
    def api_service_ip(self) -> str:
        """Address of the service `kubernetes`: the first of its range."""
        return str(ipaddress.ip_network(self.service_cidr)[1])

    @property
    def dns_ip(self) -> str:
        """Address of the cluster's resolver."""
        return str(ipaddress.ip_network(self.service_cidr)[10])

    @property
    def api_url(self) -> str:
        """Address of the API server on this machine."""
        return f"https://{self.node_ip}:6443"


def choose(routes: Iterable[str]) -> NetworkPlan:
    """Return the first ranges that overlap with none of the machine's routes.

    Raises DevClusterError when every candidate is taken.
    """
    used = [ipaddress.ip_network(route, strict=False) for route in routes]
    return NetworkPlan(
        service_cidr=_first_free(SERVICE_RANGES, used, "services"),
        pod_cidr=_first_free(POD_RANGES, used, "pods"),
        node_ip=_first_free(NODE_ADDRESSES, used, "the node"),
    )


def _first_free(
    candidates: Sequence[str], used: Sequence[ipaddress.IPv4Network | ipaddress.IPv6Network], what: str
) -> str:
    for candidate in candidates:
        if not any(ipaddress.ip_network(candidate).overlaps(network) for network in used):
            return candidate
    raise DevClusterError(
        f"No free address range for {what}: this machine has routes to all of {', '.join(candidates)}. "
        "Remove one of these routes (`ip route`), or use another machine."
    )


def load_or_choose(file: Path, routes: Iterable[str]) -> NetworkPlan:
    """Return the plan that the cluster was made with, or choose one and write it down."""
    if file.exists():
        return NetworkPlan(**json.loads(file.read_text()))
    plan = choose(routes)
    file.write_text(json.dumps(asdict(plan)))
    return plan


def parse_routes(table: str) -> list[str]:
    """Return the IPv4 destinations of `ip -j route`, without the default route and our own bridges."""
    found = []
    for entry in json.loads(table or "[]"):
        if entry.get("dst", "default") != "default" and entry.get("dev") not in (NODE_BRIDGE, POD_BRIDGE):
            found.append(entry["dst"])
    return found

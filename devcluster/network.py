"""The node's bridges and kernel settings."""

from __future__ import annotations

import json
from pathlib import Path

from devcluster.network_plan import NODE_BRIDGE, POD_BRIDGE, NetworkPlan
from devcluster.paths import Paths
from devcluster.shell import quiet, run

SYSCTL = Path("/proc/sys")
SETTINGS = {
    "net/ipv4/ip_forward": "1",
    "net/bridge/bridge-nf-call-iptables": "1",
    "net/bridge/bridge-nf-call-ip6tables": "1",
    # Set by kube-proxy and portmap; listed so that `down` puts them back.
    "net/ipv4/conf/all/route_localnet": "",
    "net/netfilter/nf_conntrack_max": "",
}


def prepare(paths: Paths, plan: NetworkPlan) -> None:
    """Set the kernel and make the bridges. The node has an address of its own, whatever the machine's are."""
    quiet(["modprobe", "-a", "br_netfilter", "overlay"])  # built into some kernels
    _set_kernel(paths.state / "sysctl.json")
    _bridge(NODE_BRIDGE, f"{plan.node_ip}/32")
    first, length = plan.pod_cidr.split("/")
    _bridge(POD_BRIDGE, f"{first.removesuffix('.0')}.1/{length}")


def _bridge(name: str, address: str) -> None:
    if not Path("/sys/class/net", name).exists():
        run(["ip", "link", "add", name, "type", "bridge"])
    # Without this the kernel would give the bridge a link-local address that pods could talk to.
    _write(f"net/ipv6/conf/{name}/disable_ipv6", "1")
    run(["ip", "address", "replace", address, "dev", name])
    run(["ip", "link", "set", name, "up"])


def _set_kernel(file: Path) -> None:
    if not file.exists():
        file.write_text(json.dumps({key: _read(key) for key in SETTINGS}))
    for key, value in SETTINGS.items():
        if value and _read(key) != value:
            _write(key, value)


def restore(paths: Paths) -> None:
    """Remove the bridges and put the kernel's settings back as they were before `up`."""
    for name in (POD_BRIDGE, NODE_BRIDGE):
        if Path("/sys/class/net", name).exists():
            quiet(["ip", "link", "delete", name])
    file = paths.state / "sysctl.json"
    if file.exists():
        for key, value in json.loads(file.read_text()).items():
            if value and _read(key) != value:
                _write(key, value)
        file.unlink()


def _read(key: str) -> str:
    try:
        return SYSCTL.joinpath(key).read_text().strip()
    except OSError:
        return ""


def _write(key: str, value: str) -> None:
    path = SYSCTL / key
    if path.exists():
        path.write_text(value)


def machine_routes() -> str:
    """Return this machine's IPv4 routes as `ip` prints them in JSON."""
    return run(["ip", "-j", "-4", "route", "show", "table", "main"])

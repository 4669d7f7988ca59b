"""What Kubernetes stands on: etcd, containerd and the image registry."""

from __future__ import annotations

import json
from pathlib import Path

from devcluster.files import write
from devcluster.network_plan import POD_BRIDGE, POD_NETWORK, NetworkPlan
from devcluster.packages import CNI_PLUGINS
from devcluster.paths import Paths
from devcluster.processes import Service
from devcluster.versions import PAUSE_IMAGE

ETCD_URL = "https://127.0.0.1:12379"
ETCD_PEER_URL = "http://127.0.0.1:12380"
REGISTRY = "localhost:5000"
REGISTRY_ADDRESS = "127.0.0.1:5000"

CONTAINERD_TOML = """\
version = 2
root = {root}
state = {state}
oom_score = 0
disabled_plugins = [
  "io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.zfs", "io.containerd.snapshotter.v1.aufs",
  "io.containerd.snapshotter.v1.devmapper", "io.containerd.tracing.processor.v1.otlp",
]
[grpc]
  address = {socket}
[plugins."io.containerd.internal.v1.opt"]
  path = {opt}
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = {pause}
  restrict_oom_score_adj = true
  netns_mounts_under_state_dir = true
[plugins."io.containerd.grpc.v1.cri".cni]
  bin_dir = {cni_bin}
  conf_dir = {cni_conf}
[plugins."io.containerd.grpc.v1.cri".containerd]
  snapshotter = "overlayfs"
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
  runtime_type = "io.containerd.runc.v2"
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
  SystemdCgroup = false
  Root = {runc}
[plugins."io.containerd.grpc.v1.cri".registry]
  config_path = {registries}
"""


def etcd(paths: Paths) -> Service:
    """etcd, for the API server only: a client needs a certificate of etcd's own CA."""
    cert = paths.certs / "etcd.crt"
    argv = [
        "etcd",
        f"--data-dir={paths.etcd}",
        "--name=tre",
        f"--listen-client-urls={ETCD_URL}",
        f"--advertise-client-urls={ETCD_URL}",
        f"--listen-peer-urls={ETCD_PEER_URL}",
        f"--initial-advertise-peer-urls={ETCD_PEER_URL}",
        f"--initial-cluster=tre={ETCD_PEER_URL}",
        "--client-cert-auth",
        f"--trusted-ca-file={paths.ca / 'etcd-ca.crt'}",
        f"--cert-file={cert}",
        f"--key-file={cert.with_suffix('.key')}",
        "--unsafe-no-fsync",  # a development cluster may lose its last second when the power fails
        "--logger=zap",
        "--log-level=warn",
        "--auto-compaction-retention=1h",
        "--snapshot-count=10000",
        "--quota-backend-bytes=4294967296",
    ]
    return Service("etcd", tuple(argv))


def containerd(paths: Paths) -> Service:
    """A containerd of our own: its directories and its socket are not the system's."""
    return Service("containerd", ("containerd", "--config", str(paths.config / "containerd.toml")))


def registry(paths: Paths) -> Service:
    """The image registry on loopback."""
    env = {"OTEL_TRACES_EXPORTER": "none"}
    return Service("registry", ("docker-registry", "serve", str(paths.config / "registry.json")), env)


def write_configuration(paths: Paths, plan: NetworkPlan) -> None:
    """Write the configuration files of containerd, its network and the registry."""
    registries = paths.config / "registries"
    host = registries / REGISTRY
    host.mkdir(parents=True, exist_ok=True)
    url = f"http://{REGISTRY_ADDRESS}"
    write(host / "hosts.toml", f'server = "{url}"\n[host."{url}"]\n  capabilities = ["pull", "resolve", "push"]\n')
    network = paths.config / "cni"
    network.mkdir(exist_ok=True)
    write(network / "10-tre.conflist", json.dumps(cni(paths, plan), indent=1))
    text = CONTAINERD_TOML.format(
        root=_quoted(paths.containerd_root),
        state=_quoted(paths.run / "containerd"),
        socket=_quoted(paths.containerd_socket),
        opt=_quoted(paths.run / "opt"),
        pause=_quoted(PAUSE_IMAGE),
        cni_bin=_quoted(CNI_PLUGINS),
        cni_conf=_quoted(network),
        runc=_quoted(paths.run / "runc"),
        registries=_quoted(registries),
    )
    write(paths.config / "containerd.toml", text)
    write(paths.config / "registry.json", json.dumps(registry_configuration(paths), indent=1))


def cni(paths: Paths, plan: NetworkPlan) -> dict[str, object]:
    """The pod network: a bridge, host ports on loopback only, and no IPv6 in pods."""
    bridge = {
        "type": "bridge",
        "bridge": POD_BRIDGE,
        "isGateway": True,
        "ipMasq": True,
        "hairpinMode": True,
        "ipam": {
            "type": "host-local",
            "dataDir": str(paths.run / "cni"),
            "ranges": [[{"subnet": plan.pod_cidr}]],
            "routes": [{"dst": "0.0.0.0/0"}],
        },
    }
    # Nothing here enforces policy for IPv6, so a pod's interface must not have a link-local address either.
    no_ipv6 = {"type": "tuning", "sysctl": {"net.ipv6.conf.eth0.disable_ipv6": "1"}}
    # A demo with well-known accounts must not answer on the machine's outer addresses.
    ports = {"type": "portmap", "capabilities": {"portMappings": True}, "conditionsV4": ["-d", "127.0.0.0/8"]}
    return {"cniVersion": "0.4.0", "name": POD_NETWORK, "plugins": [bridge, no_ipv6, ports]}


def registry_configuration(paths: Paths) -> dict[str, object]:
    """Configuration of the image registry (JSON, which its YAML reader takes)."""
    return {
        "version": "0.1",
        "log": {"level": "warn", "accesslog": {"disabled": True}},
        "storage": {"filesystem": {"rootdirectory": str(paths.registry_data)}, "delete": {"enabled": True}},
        "http": {"addr": REGISTRY_ADDRESS},
    }


def _quoted(value: str | Path) -> str:
    return json.dumps(str(value))

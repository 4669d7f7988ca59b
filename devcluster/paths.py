"""Where the development cluster keeps its files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

SOURCE = Path(__file__).resolve().parent
CHECKOUT = SOURCE.parent


@dataclass(frozen=True)
class Paths:
    """Cache (expensive, keyed by version, survives `reset`) and state (one cluster's life)."""

    cache: Path
    state: Path

    @classmethod
    def from_environment(cls, env: Mapping[str, str]) -> Paths:
        """Follow the XDG base directory rules."""
        home = Path(env.get("HOME") or "/root")
        cache = Path(env.get("XDG_CACHE_HOME") or home / ".cache")
        state = Path(env.get("XDG_STATE_HOME") or home / ".local" / "state")
        return cls(cache=cache / "tre", state=state / "tre" / "devcluster")

    @property
    def bin(self) -> Path:
        """Links to the current version of each built program."""
        return self.cache / "bin"

    @property
    def builds(self) -> Path:
        """One directory for each program and version."""
        return self.cache / "builds"

    @property
    def registry_data(self) -> Path:
        """Data of the image registry; kept by `reset`."""
        return self.cache / "registry"

    @property
    def containerd_root(self) -> Path:
        """Images and snapshots; kept by `reset`."""
        return self.cache / "containerd"

    @property
    def kubeconfig(self) -> Path:
        """Administrator's kubeconfig."""
        return self.state / "kubeconfig"

    @property
    def ca(self) -> Path:
        """Certificate authorities; `dev-ca` signs the ingress certificate."""
        return self.state / "ca"

    @property
    def dev_ca(self) -> Path:
        """Certificate of the development CA."""
        return self.ca / "dev-ca.crt"

    @property
    def certs(self) -> Path:
        """Certificates and keys of the cluster's own components."""
        return self.state / "certs"

    @property
    def config(self) -> Path:
        """Generated configuration files."""
        return self.state / "config"

    @property
    def log(self) -> Path:
        """One log for each process, and the API audit log."""
        return self.state / "log"

    @property
    def audit_log(self) -> Path:
        """API audit log, written by the API server."""
        return self.log / "audit.log"

    @property
    def pids(self) -> Path:
        """One file for each process that `up` started."""
        return self.state / "pids"

    @property
    def run(self) -> Path:
        """Sockets and mounts; emptied whenever nothing runs."""
        return self.state / "run"

    @property
    def containerd_socket(self) -> Path:
        """containerd's socket."""
        return self.run / "containerd.sock"

    @property
    def kubelet(self) -> Path:
        """The kubelet's root directory."""
        return self.state / "kubelet"

    @property
    def etcd(self) -> Path:
        """etcd's data."""
        return self.state / "etcd"

    @property
    def volumes(self) -> Path:
        """One directory for each volume of the StorageClass `tre-local`."""
        return self.state / "volumes"

    def make(self) -> None:
        """Create the directories. State is for the administrator's eyes only."""
        for path in (self.bin, self.builds, self.registry_data, self.containerd_root):
            path.mkdir(parents=True, exist_ok=True)
        self.state.mkdir(parents=True, exist_ok=True)
        self.state.chmod(0o700)
        for path in (self.ca, self.certs, self.config, self.log, self.pids, self.run, self.volumes):
            path.mkdir(exist_ok=True)

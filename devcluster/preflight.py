"""Whether this machine can run the cluster."""

from __future__ import annotations

import os
import platform
import tempfile
from pathlib import Path

from devcluster import processes
from devcluster.errors import ALTERNATIVE, UnsupportedMachineError
from devcluster.paths import Paths
from devcluster.shell import quiet

OTHER_CLUSTERS = ("kubelet", "k3s", "k0s", "microk8s", "rke2")
CONTROLLERS = ("cpu", "memory", "pids")


def check(paths: Paths) -> None:
    """Raise UnsupportedMachineError with the reason and the alternative when the cluster cannot run here."""
    reason = _not_linux() or _not_root() or _no_control_groups() or _other_cluster(paths)
    reason = reason or _no_overlay(paths.containerd_root)
    if reason:
        raise UnsupportedMachineError(f"This machine cannot run the development cluster: {reason}. {ALTERNATIVE}")


def _not_linux() -> str:
    return "" if platform.system() == "Linux" else f"it runs {platform.system()}, and containers need Linux"


def _not_root() -> str:
    return "" if os.geteuid() == 0 else "it needs root (network, mounts, containers), and you are not root"


def _no_control_groups() -> str:
    present = Path("/proc/cgroups")
    names = {line.split()[0] for line in present.read_text().splitlines()} if present.exists() else set()
    lacking = [name for name in CONTROLLERS if name not in names]
    return f"its kernel lacks the control groups {', '.join(lacking)}" if lacking else ""


def _other_cluster(paths: Paths) -> str:
    ours = processes.find(paths, "kubelet")
    for pid in processes.all_pids():
        argv = processes.command_line(pid)
        if not argv or pid == ours or str(paths.state) in " ".join(argv):
            continue
        name = Path(argv[0]).name
        if name in OTHER_CLUSTERS:
            return f"another Kubernetes runs here ({name}, pid {pid}), and the two would share its firewall"
    return ""


def _no_overlay(directory: Path) -> str:
    directory.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=directory, prefix=".overlay-") as name:
        base = Path(name)
        for part in ("lower", "upper", "work", "merged"):
            (base / part).mkdir()
        options = f"lowerdir={base}/lower,upperdir={base}/upper,workdir={base}/work"
        if not quiet(["mount", "-t", "overlay", "overlay", "-o", options, base / "merged"]):
            return f"overlayfs cannot be mounted under {directory} (is it itself inside a container?)"
        quiet(["umount", base / "merged"])
    return ""

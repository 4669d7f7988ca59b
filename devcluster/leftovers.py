"""What a run leaves on the machine: find it, and clear it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from pathlib import Path

from devcluster import firewall, network, processes
from devcluster.network_plan import NODE_BRIDGE, POD_BRIDGE
from devcluster.paths import Paths
from devcluster.shell import quiet

CGROUPS = Path("/sys/fs/cgroup")
SHIM_SOCKETS = Path("/run/containerd/s")
CONTAINER_LOGS = Path("/var/log/containers")
POD_GRACE_SECONDS = 8.0


def parse_mounts(mountinfo: str, roots: Iterable[Path]) -> list[str]:
    """Return the mount points at or under the given directories, the deepest first."""
    prefixes = [str(root) for root in roots]
    found = []
    for line in mountinfo.splitlines():
        point = line.split()[4].replace("\\040", " ").replace("\\011", "\t").replace("\\134", "\\")
        if any(point == prefix or point.startswith(prefix + "/") for prefix in prefixes):
            found.append(point)
    return sorted(found, key=lambda point: (point.count("/"), point), reverse=True)


def mounts(paths: Paths) -> list[str]:
    """Return the mount points of the cluster: containers, volumes and network namespaces."""
    return parse_mounts(Path("/proc/self/mountinfo").read_text(), (paths.state, paths.containerd_root))


def pod_cgroups() -> list[Path]:
    """Return the control groups of pods, one for each hierarchy."""
    candidates = [CGROUPS / "kubepods", *CGROUPS.glob("*/kubepods")]
    return sorted({path.resolve() for path in candidates if path.is_dir()})


def pod_pids() -> set[int]:
    """Return the processes that run in pods, even where containerd and its shims are gone."""
    found: set[int] = set()
    for group in pod_cgroups():
        for file in group.rglob("cgroup.procs"):
            found.update(_pids_in(file))
    return found


def _pids_in(file: Path) -> list[int]:
    try:
        return [int(line) for line in file.read_text().split()]
    except OSError:
        return []


def own_pids(paths: Paths) -> set[int]:
    """Return the processes that were started with files of this cluster, whether a pid file names them or not."""
    state = f"{paths.state}/"
    found = set()
    for pid in processes.all_pids():
        argv = processes.command_line(pid)
        # The program itself must be one of ours: an editor open on a log is not.
        if argv and Path(argv[0]).name in PROGRAM_NAMES and any(state in part for part in argv):
            found.add(pid)
    return found


PROGRAM_NAMES = frozenset(
    (
        "etcd",
        "containerd",
        "containerd-shim-runc-v2",
        "docker-registry",
        "kube-apiserver",
        "kube-controller-manager",
        "kube-scheduler",
        "kubelet",
        "kube-proxy",
        "netpol",
        "provisioner",
    )
)


def find(paths: Paths) -> list[str]:
    """Return everything of the cluster that is still on this machine; empty after a good `down`."""
    found = [f"process {pid}: {' '.join(processes.command_line(pid))[:80]}" for pid in sorted(own_pids(paths))]
    found += [f"process {pid} of a pod" for pid in sorted(pod_pids())]
    found += [f"mount {point}" for point in mounts(paths)]
    found += [f"control group {group}" for group in pod_cgroups()]
    found += [f"bridge {name}" for name in (NODE_BRIDGE, POD_BRIDGE) if Path("/sys/class/net", name).exists()]
    found += firewall.leftovers()
    return found


def clear(paths: Paths) -> None:
    """End and remove all that `find` lists. Images, etcd's data and volumes stay."""
    processes.stop_pids(pod_pids(), grace=POD_GRACE_SECONDS)
    for pid in own_pids(paths):
        _kill(pid)
    for point in mounts(paths):
        quiet(["umount", "-l", point])
    for group in pod_cgroups():
        _remove_cgroup(group)
    network.restore(paths)
    firewall.clear()
    for file in paths.pids.glob("*"):
        file.unlink(missing_ok=True)
    _clear_files(paths)


def _kill(pid: int) -> None:
    processes.stop_pids([pid], grace=0.0)


def _remove_cgroup(group: Path) -> None:
    for directory, _, _ in os.walk(group, topdown=False):
        quiet(["rmdir", directory])


def _clear_files(paths: Paths) -> None:
    if not mounts(paths):  # never delete through a mount
        shutil.rmtree(paths.run, ignore_errors=True)
    paths.run.mkdir(parents=True, exist_ok=True)
    if CONTAINER_LOGS.is_dir():
        for link in CONTAINER_LOGS.iterdir():
            if link.is_symlink() and str(link.readlink()).startswith(str(paths.log)):
                link.unlink()
    if SHIM_SOCKETS.is_dir() and not _any_containerd():
        for socket in SHIM_SOCKETS.iterdir():
            socket.unlink(missing_ok=True)


def _any_containerd() -> bool:
    return any("containerd" in argv[0] for pid in processes.all_pids() if (argv := processes.command_line(pid)))

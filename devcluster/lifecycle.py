"""`up`, `down`, `reset`: bring the cluster to life, end it without a trace, forget it."""

from __future__ import annotations

import fcntl
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from devcluster import (
    addons,
    build,
    certs,
    components,
    dns,
    firewall,
    images,
    kubeconfig,
    leftovers,
    network,
    packages,
    preflight,
    processes,
    services,
)
from devcluster.api import Api
from devcluster.errors import DevClusterError
from devcluster.network_plan import POD_BRIDGE, NetworkPlan, load_or_choose, parse_routes
from devcluster.paths import Paths
from devcluster.progress import Progress, duration, say
from devcluster.registry import answers as registry_answers
from devcluster.shell import quiet, wait_for

NAMES = (
    "etcd",
    "containerd",
    "kube-apiserver",
    "kube-controller-manager",
    "kube-scheduler",
    "kubelet",
    "kube-proxy",
    "netpol",
    "provisioner",
)
STOP_ORDER = ("kubelet", "provisioner", "netpol", "kube-proxy", "kube-scheduler", "kube-controller-manager")


@contextmanager
def locked(paths: Paths) -> Iterator[None]:
    """Only one command at a time changes the cluster.

    Raises DevClusterError when another one is at work.
    """
    paths.state.parent.mkdir(parents=True, exist_ok=True)
    with paths.state.with_suffix(".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise DevClusterError("Another devcluster command is at work. Wait until it has ended.") from error
        yield


def plan_of(paths: Paths) -> NetworkPlan:
    """Return the addresses of this cluster, chosen at its first `up`."""
    return load_or_choose(paths.state / "network.json", parse_routes(network.machine_routes()))


def up(paths: Paths) -> None:
    """Make a running cluster out of whatever is there: nothing, a stopped one, a half-dead one, a running one.

    Raises UnsupportedMachineError where it cannot run, DevClusterError with the end of the failing process's log.
    """
    if _is_running(paths):
        say(f"The cluster is running. KUBECONFIG={paths.kubeconfig}")
        return
    wanted, missing_packages = build.missing(paths), packages.missing()
    progress = Progress(8 + bool(missing_packages) + len(wanted))
    with progress.step("checking this machine"):
        preflight.check(paths)
        paths.make()
    prepare(paths, progress, missing_packages, wanted)
    plan = plan_of(paths)
    with progress.step("clearing what an earlier run left"):
        _clear_unless_alive(paths)
    with progress.step("network, certificates, configuration"):
        _configure(paths, plan)
    with progress.step("etcd, containerd, registry"):
        _start_foundations(paths)
    _start_kubernetes(paths, plan, progress)
    say(f"The cluster is up after {duration(time.monotonic() - progress.started)}. KUBECONFIG={paths.kubeconfig}")


def prepare(paths: Paths, progress: Progress, missing_packages: list[str], wanted: list[build.Program]) -> None:
    """Install packages and build programs that are missing."""
    if missing_packages:
        with progress.step(f"installing {', '.join(missing_packages)}"):
            packages.install(missing_packages)
    for program in wanted:
        with progress.step(f"building {program.name} {program.version}"):
            build.build(paths, program)
    build.link_all(paths)


def _is_running(paths: Paths) -> bool:
    if build.missing(paths) or not (paths.state / "network.json").exists():
        return False
    if any(processes.find(paths, name) is None for name in NAMES) or not registry_answers():
        return False
    plan = plan_of(paths)
    build.link_all(paths)
    _configure(paths, plan)  # the checkout or the machine may have changed since the cluster was started
    wanted = [services.etcd(paths), services.containerd(paths), *(make(paths, plan) for make in components.ALL)]
    if not all(processes.is_current(paths, service) for service in wanted) or not addons.are_current(paths, plan):
        return False
    api = Api(paths, plan)
    return api.ready() and api.node_ready() and firewall.enforcing() and dns.answers(plan.dns_ip)


def _clear_unless_alive(paths: Paths) -> None:
    # With containerd and its network alive, pods live: only what died is started again.
    alive = processes.find(paths, "containerd") is not None and Path("/sys/class/net", POD_BRIDGE).exists()
    if not alive:
        _stop_processes(paths)
        leftovers.clear(paths)


def _configure(paths: Paths, plan: NetworkPlan) -> None:
    paths.make()
    network.prepare(paths, plan)
    certs.ensure(paths, plan)
    services.write_configuration(paths, plan)
    components.write_configuration(paths, plan)
    kubeconfig.write_all(paths, plan.api_url)
    (paths.log / "pods").mkdir(exist_ok=True)


def _start_foundations(paths: Paths) -> None:
    processes.start(paths, services.etcd(paths))
    fresh = processes.find(paths, "containerd") is None
    if fresh:
        shutil.rmtree(paths.containerd_root / "io.containerd.grpc.v1.cri", ignore_errors=True)
    _start_containerd(paths)
    if fresh and _remove_stale_containers(paths):
        # the plugin for Kubernetes read them when it started
        processes.stop(paths, "containerd")
        _start_containerd(paths)
    images.ensure_own(paths)
    if not registry_answers():
        processes.start(paths, services.registry(paths))
        wait_for("The image registry did not answer", registry_answers, seconds=15)
    processes.check_alive(paths, ("etcd", "containerd"))


def _start_containerd(paths: Paths) -> None:
    processes.start(paths, services.containerd(paths))
    probe: list[str | Path] = ["ctr", "--address", paths.containerd_socket, "version"]
    wait_for("containerd did not answer", lambda: quiet(probe), seconds=30)


def _remove_stale_containers(paths: Paths) -> bool:
    names = images.ctr(paths, "containers", "list", "-q").split()
    for start in range(0, len(names), 50):
        images.ctr(paths, "containers", "rm", *names[start : start + 50])
    return bool(names)


def _start_kubernetes(paths: Paths, plan: NetworkPlan, progress: Progress) -> None:
    api = Api(paths, plan)
    with progress.step("API server"):
        processes.start(paths, components.apiserver(paths, plan))
        _wait_alive(paths, "The API server was not ready", api.ready, ("etcd", "kube-apiserver"), 60)
    with progress.step("controllers and add-ons"):
        for make in components.CONTROLLERS:
            processes.start(paths, make(paths, plan))
        addons.apply(paths, plan)
    with progress.step("node and network policy"):
        since = datetime.now(UTC)
        firewall.hold_services(plan.service_cidr)
        for make in components.NODE:
            processes.start(paths, make(paths, plan))
        _wait_alive(paths, "The node was not ready", lambda: api.node_ready(since) and firewall.enforcing(), NAMES, 90)
    with progress.step("cluster DNS"):
        _wait_alive(paths, "DNS did not answer", lambda: dns.answers(plan.dns_ip), NAMES, 90)


def _wait_alive(paths: Paths, what: str, condition: Callable[[], bool], names: tuple[str, ...], seconds: float) -> None:
    def holds() -> bool:
        processes.check_alive(paths, names)
        return condition()

    wait_for(f"{what} (logs are in {paths.log})", holds, seconds=seconds)


def down(paths: Paths) -> None:
    """Stop everything and leave nothing on the machine. Images, etcd's data and volumes stay.

    Raises DevClusterError naming what could not be removed.
    """
    if not paths.state.exists():
        say("No cluster was made here.")
        return
    if os.geteuid() != 0:
        raise DevClusterError("Only root can stop the cluster.")
    started = time.monotonic()
    _stop_processes(paths)
    leftovers.clear(paths)
    remaining = leftovers.find(paths)
    if remaining:
        raise DevClusterError("These could not be removed:\n  " + "\n  ".join(remaining))
    say(f"The cluster is down after {duration(time.monotonic() - started)}; nothing of it is left on this machine.")


def _stop_processes(paths: Paths) -> None:
    pids = [pid for name in STOP_ORDER if (pid := processes.find(paths, name)) is not None]
    processes.stop_pids(pids, grace=5.0)
    processes.stop_pids(leftovers.pod_pids(), grace=leftovers.POD_GRACE_SECONDS)
    if processes.find(paths, "containerd") is not None and quiet(
        ["ctr", "--address", paths.containerd_socket, "version"]
    ):
        _remove_tasks(paths)
    for name in ("kube-apiserver", "containerd", "registry", "etcd"):
        processes.stop(paths, name)


def _remove_tasks(paths: Paths) -> None:
    base: list[str | Path] = ["ctr", "--address", paths.containerd_socket, "--namespace", "k8s.io"]
    names = images.ctr(paths, "tasks", "list", "-q").split()
    if names:
        quiet([*base, "tasks", "delete", "--force", *names])
    containers = images.ctr(paths, "containers", "list", "-q").split()
    if containers:
        quiet([*base, "containers", "rm", *containers])


def reset(paths: Paths) -> None:
    """`down`, then delete the state: etcd's data, volumes, certificates, logs. The cache stays.

    Raises DevClusterError when a mount is left, through which deleting would reach other files.
    """
    down(paths)
    if leftovers.mounts(paths):
        raise DevClusterError("Mounts are left under the state directory; nothing was deleted.")
    shutil.rmtree(paths.state, ignore_errors=True)
    say(f"Its state is deleted; images and programs are kept in {paths.cache}.")

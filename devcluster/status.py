"""`status` and `env`: what runs, and how to talk to it."""

from __future__ import annotations

import shlex

from devcluster import processes
from devcluster.api import Api
from devcluster.lifecycle import NAMES, plan_of
from devcluster.paths import Paths
from devcluster.registry import answers as registry_answers
from devcluster.services import REGISTRY


def show(paths: Paths) -> tuple[str, bool]:
    """Return a page about the cluster, and whether it is whole."""
    pids = {name: processes.find(paths, name) for name in (*NAMES, "registry")}
    lines = [f"{name:<26} {_process(pid)}" for name, pid in pids.items()]
    if not (paths.state / "network.json").exists():
        return "\n".join([*lines, "", "No cluster was made here: run `python3 -m devcluster up`."]), False
    plan = plan_of(paths)
    api = Api(paths, plan)
    answers = {"API server": api.ready(), "node": api.node_ready(), "registry": registry_answers()}
    if answers["registry"] and not pids["registry"]:
        lines[-1] = f"{'registry':<26} one that was started elsewhere is used"
    lines += ["", *(f"{name:<26} {'ready' if ready else 'NOT ready'}" for name, ready in answers.items())]
    lines += ["", f"API {plan.api_url}   registry {REGISTRY}   pods {plan.pod_cidr}   services {plan.service_cidr}"]
    lines += [f"KUBECONFIG={paths.kubeconfig}", f"logs in {paths.log}"]
    whole = all(answers.values()) and all(pids[name] for name in NAMES)
    return "\n".join(lines), whole


def _process(pid: int | None) -> str:
    return f"pid {pid:<8} {processes.memory_kib(pid) // 1024:>5} MiB" if pid else "not running"


def exports(paths: Paths, foreign_kubeconfig: str | None) -> str:
    """Return shell commands that set the environment of every tool that uses the cluster."""
    values = {
        "KUBECONFIG": foreign_kubeconfig or str(paths.kubeconfig),
        "TRE_REGISTRY": REGISTRY,
        "TRE_CA_FILE": str(paths.dev_ca),
    }
    lines = [f"export {name}={shlex.quote(value)}" for name, value in values.items()]
    return "\n".join([*lines, f'export PATH={shlex.quote(str(paths.bin))}:"$PATH"'])

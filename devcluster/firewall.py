"""Take the cluster's chains and sets out of the machine's firewall, and nothing else."""

from __future__ import annotations

import re

from devcluster.network_plan import POD_NETWORK
from devcluster.shell import quiet, run

CLUSTER_CHAIN = re.compile(r"^KUBE-")
OUR_NETWORK = re.compile(rf'name: \\?"{re.escape(POD_NETWORK)}\\?"')  # CNI plugins say so in their rules' comments
SET_NAME = re.compile(r"^(inet6:)?KUBE-")
SHARED_CNI_CHAINS = ("CNI-HOSTPORT-DNAT", "CNI-HOSTPORT-MASQ", "CNI-HOSTPORT-SETMARK")
POLICY_CHAIN = "KUBE-ROUTER-FORWARD"
HOLD_CHAIN = "KUBE-TRE-UNREACHED"  # named as the cluster's chains are, so that they go together
TABLES = ("filter", "nat", "mangle", "raw")


def cluster_chains(dump: str) -> set[str]:
    """Return the chains of `iptables-save`'s output that belong to the cluster.

    CNI chains are ours when a rule that leads to them names our pod network; the chains that all networks share are
    ours when nobody else's lead from them.
    """
    declared = re.findall(r"^:(\S+)", dump, re.MULTILINE)
    ours = {name for name in declared if CLUSTER_CHAIN.match(name)}
    rules = [line for line in dump.splitlines() if line.startswith("-A ")]
    marked = {_target(rule) for rule in rules if OUR_NETWORK.search(rule)}
    ours |= {name for name in declared if name.startswith("CNI-") and name in marked and name not in SHARED_CNI_CHAINS}
    for shared in SHARED_CNI_CHAINS:
        leads_to = {_target(rule) for rule in rules if rule.startswith(f"-A {shared} ")}
        if shared in declared and not {name for name in leads_to if name.startswith("CNI-DN-")} - ours:
            ours.add(shared)
    return ours


def remaining(dump: str) -> list[str]:
    """Return the rules and chains of the cluster that are in a dump."""
    chains = cluster_chains(dump)
    return [line for line in dump.splitlines() if _belongs(line, chains)]


def without_cluster(dump: str) -> str:
    """Return the dump as `iptables-restore` takes it, without the cluster's chains and the rules that lead there."""
    chains = cluster_chains(dump)
    return "\n".join(line for line in dump.splitlines() if not _belongs(line, chains)) + "\n"


def _belongs(line: str, chains: set[str]) -> bool:
    if line.startswith(":"):
        return line[1:].split(maxsplit=1)[0] in chains
    if not line.startswith("-A "):
        return False
    leads_to_ours = line.split()[1] in chains or _target(line) in chains
    return leads_to_ours or bool(OUR_NETWORK.search(line)) or "--match-set KUBE-" in line


def _target(rule: str) -> str:
    found = re.search(r" -[jg] (\S+)", rule)
    return found[1] if found else ""


def clear() -> None:
    """Remove the cluster's chains, rules and address sets, for IPv4 and IPv6."""
    for family in ("iptables", "ip6tables"):
        if not quiet([f"{family}-save", "-t", "filter"]):
            continue
        for table in TABLES:
            dump = run([f"{family}-save", "-t", table]) if quiet([f"{family}-save", "-t", table]) else ""
            if remaining(dump):
                run([f"{family}-restore", "-T", table], stdin=without_cluster(dump))
    for name in sets():
        quiet(["ipset", "destroy", name])


def sets() -> list[str]:
    """Return the cluster's address sets."""
    names = run(["ipset", "list", "-n"]).split() if quiet(["ipset", "list", "-n"]) else []
    return [name for name in names if SET_NAME.match(name)]


def leftovers() -> list[str]:
    """Return what of the cluster is still in the firewall."""
    found = [f"set {name}" for name in sets()]
    for family in ("iptables", "ip6tables"):
        if quiet([f"{family}-save"]):
            found += [f"{family}: {line}" for line in remaining(run([f"{family}-save"]))]
    return found


def hold_services(service_range: str) -> None:
    """Drop packets that are still addressed to a service after translation, instead of routing them off the machine.

    Between a Service's birth and its first rules nobody answers for its address; without this rule a connection to it
    left by the machine's default route, and whoever answered there was kept as the service for minutes. Not in the
    filter table: the policy controller accepts there first. A dropped connection is tried again a second later.
    """
    known = quiet(["iptables", "-t", "mangle", "-S", HOLD_CHAIN])
    run(["iptables", "-t", "mangle", "-F" if known else "-N", HOLD_CHAIN])
    run(["iptables", "-t", "mangle", "-A", HOLD_CHAIN, "-d", service_range, "-j", "DROP"])
    if not quiet(["iptables", "-t", "mangle", "-C", "POSTROUTING", "-j", HOLD_CHAIN]):
        run(["iptables", "-t", "mangle", "-I", "POSTROUTING", "-j", HOLD_CHAIN])


def enforcing() -> bool:
    """Return whether the policy controller has hung its chain into the path of forwarded packets."""
    return quiet(["iptables", "-S", POLICY_CHAIN]) and f"-j {POLICY_CHAIN}" in run(["iptables", "-S", "FORWARD"])

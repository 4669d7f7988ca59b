"""The flow table as a page: ``python -m tre.projects.desired.flowtable > docs/security/network.md``."""

from tre.projects.desired.flows import FLOWS, Flow

_SIDES = {
    "api-server": "API server", "dns": "cluster DNS", "hub-api": "control plane, hub API",
    "ingress": "ingress (Traefik)", "object-store": "object store", "vault": "Vault",
    "workspace-api": "control plane, workspace API",
}  # fmt: skip
_HEAD = """# What may speak to what in a project

This page is generated from `tre/projects/desired/flows.py`, from which the NetworkPolicies are rendered too. Every pod
of a project is denied everything both ways; then exactly these connections are allowed, from left to right:

| from | to | port | why |
|---|---|---|---|
"""
_TAIL = """
Nothing else flows: no internet, no node, no metadata address, no other project, no DNS and no API server for people's
pods. `tests/cluster/test_isolation.py` opens each line of this table and each absence from inside a pod, on the real
cluster, with a control that shows that the closed addresses do answer elsewhere. Before a project becomes active the
worker runs the same probe there; people's pods wait until a forbidden address has stopped answering.

What this does not cover: a policy engine acts on new pods a moment late (hence the wait); hub and gateway, which run no
person's code, may ask the cluster's DNS; whoever administers the cluster can remove the admission policies, and then
these. Either is in the API server's audit log and found by the next sweep; the latter is repaired within a minute, the
former by installing the chart again.
"""


def _line(flow: Flow) -> str:
    port = "of its endpoints" if not flow.port else f"{flow.port}/{flow.protocol}"
    own = " (the same person's)" if flow.same_person else ""
    source, target = _SIDES.get(flow.source, flow.source), _SIDES.get(flow.destination, flow.destination)
    return f"| {source} | {target}{own} | {port} | {flow.why} |\n"


def page() -> str:
    """The whole page."""
    return _HEAD + "".join(_line(flow) for flow in FLOWS) + _TAIL


if __name__ == "__main__":
    print(page(), end="")

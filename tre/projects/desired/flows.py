"""The one table of network flows (design §5). Policies are rendered from it; each flow and each absence is probed.

A side is a component of the project (``hub``, ``gateway``, ``notebook``, ``spark``), a part of the platform, or the
API server. What is not in the table does not flow, in either direction: no internet, no node, no other project.
"""

from dataclasses import dataclass
from typing import Any

from tre.core.errors import Invalid
from tre.projects.desired.spec import PlatformFacts

COMPONENTS = ("gateway", "hub", "notebook", "spark")


@dataclass(frozen=True)
class Flow:
    """``source`` may open connections to ``destination`` on ``port``; ``why`` is shown to security officers.

    ``same_person``: only between the two pods of one person.
    """

    source: str
    destination: str
    port: int
    why: str
    protocol: str = "TCP"
    same_person: bool = False


FLOWS: tuple[Flow, ...] = (
    Flow("ingress", "hub", 8000, "people sign in to the project's hub"),
    Flow("ingress", "gateway", 8000, "people reach their notebook, each on an origin of its own"),
    Flow("gateway", "hub", 8000, "the gateway asks the hub who the visitor is"),
    Flow("hub", "gateway", 8000, "the hub sees whether a notebook answers"),
    Flow("gateway", "notebook", 8888, "the gateway is the notebook's only client"),
    Flow("hub", "hub-api", 8081, "tickets and sessions come from the control plane"),
    Flow("gateway", "hub-api", 8081, "live sessions and traces"),
    Flow("hub", "api-server", 0, "the hub makes and ends notebook pods in this namespace"),
    Flow("hub", "dns", 53, "names of the platform's services", "UDP"),
    Flow("hub", "dns", 53, "names of the platform's services"),
    Flow("gateway", "dns", 53, "names of the platform's services", "UDP"),
    Flow("gateway", "dns", 53, "names of the platform's services"),
    Flow("notebook", "object-store", 9000, "inputs and work, with the session's own key"),
    Flow("notebook", "vault", 8200, "the project's shared secrets, with the session's own token"),
    Flow("notebook", "workspace-api", 8082, "policy, datasets and the person's own requests"),
    Flow("notebook", "spark", 15002, "Spark Connect, the person's own server", same_person=True),
    Flow("spark", "object-store", 9000, "inputs and work, with the session's own key"),
    Flow("spark", "workspace-api", 8082, "the Spark server claims the session's credentials"),
)


def _pods(namespace: str, **wanted: str) -> dict[str, Any]:
    return {
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}},
        "podSelector": {"matchLabels": {key.replace("_", "-"): value for key, value in wanted.items()}},
    }


def _named(namespace: str, name: str) -> dict[str, Any]:
    peer = _pods(namespace)
    peer["podSelector"]["matchLabels"] = {"app.kubernetes.io/name": name}
    return peer


def peers(side: str, facts: PlatformFacts, person: str | None = None) -> list[dict[str, Any]]:
    """NetworkPolicy peers of one side of a flow; raises Invalid ``flow-unknown`` for a name outside the table."""
    if side in COMPONENTS:
        chosen = {"tre/component": side} | ({"tre/person": person} if person else {})
        return [{"podSelector": {"matchLabels": chosen}}]
    platform = {"hub-api": "tre-control", "workspace-api": "tre-control", "object-store": "minio", "vault": "openbao"}
    if side in platform:
        return [_named(facts.namespace, platform[side])]
    if side == "ingress":
        return [_named("tre-ingress", "traefik")]
    if side == "dns":
        return [_pods("kube-system", k8s_app="kube-dns")]
    if side == "api-server":
        return [{"ipBlock": {"cidr": f"{_address(server)[0]}"}} for server in facts.api_servers]
    raise Invalid("flow-unknown", f"The flow table names an unknown side: {side}.", "Correct the table.")


def ports(flow: Flow, facts: PlatformFacts) -> list[dict[str, Any]]:
    """NetworkPolicy ports of a flow; the API server's come from its endpoints."""
    if flow.destination != "api-server":
        return [{"port": flow.port, "protocol": flow.protocol}]
    numbers = sorted({_address(server)[1] for server in facts.api_servers})
    return [{"port": number, "protocol": flow.protocol} for number in numbers]


def _address(server: str) -> tuple[str, int]:
    host, _, port = server.rpartition(":")
    host = host.strip("[]")
    return (f"{host}/128" if ":" in host else f"{host}/32"), int(port)

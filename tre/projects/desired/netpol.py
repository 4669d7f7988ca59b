"""NetworkPolicies: deny everything both ways, then one policy a component, rendered from the flow table."""

from typing import Any

from tre.projects.desired.flows import FLOWS, Flow, peers, ports
from tre.projects.desired.names import manifest
from tre.projects.desired.spec import Object, PlatformFacts, ProjectSpec

_API = "networking.k8s.io/v1"
_BOTH = ["Ingress", "Egress"]


def build_network_policies(spec: ProjectSpec, facts: PlatformFacts) -> list[Object]:
    """``default-deny`` selects every pod of the namespace, labelled or not."""
    body = {"podSelector": {}, "policyTypes": _BOTH}
    policies = [manifest(_API, "NetworkPolicy", "default-deny", spec, "policy", spec=body)]
    policies += [_component_policy(spec, facts, component) for component in ("gateway", "hub", "notebook")]
    for person in spec.people:
        policies += [_person_policy(spec, facts, side, person.slug) for side in ("notebook", "spark")]
    return policies


def _component_policy(spec: ProjectSpec, facts: PlatformFacts, component: str) -> Object:
    chosen = {"matchLabels": {"tre/component": component}}
    flows = [flow for flow in FLOWS if not flow.same_person]
    return manifest(_API, "NetworkPolicy", component, spec, "policy", spec=_body(component, chosen, flows, facts))


def _person_policy(spec: ProjectSpec, facts: PlatformFacts, component: str, person: str) -> Object:
    """Flows between one person's own pods. The Spark policy also carries Spark's other flows."""
    chosen = {"matchLabels": {"tre/component": component, "tre/person": person}}
    flows = [flow for flow in FLOWS if flow.same_person or component == "spark"]
    body = _body(component, chosen, flows, facts, person)
    return manifest(_API, "NetworkPolicy", f"{component}-{person}", spec, "policy", person=person, spec=body)


def _body(
    component: str, chosen: dict[str, Any], flows: list[Flow], facts: PlatformFacts, person: str | None = None
) -> dict[str, Any]:
    def rule(flow: Flow, other: str, key: str) -> dict[str, Any]:
        return {key: peers(other, facts, person if flow.same_person else None), "ports": ports(flow, facts)}

    incoming = [rule(flow, flow.source, "from") for flow in flows if flow.destination == component]
    # a rule without peers would mean "anywhere": an unknown address must close the flow, not open it
    outgoing = [
        found for flow in flows if flow.source == component and (found := rule(flow, flow.destination, "to"))["to"]
    ]
    body: dict[str, Any] = {"podSelector": chosen, "policyTypes": _BOTH}
    if incoming:
        body["ingress"] = incoming
    if outgoing:
        body["egress"] = outgoing
    return body

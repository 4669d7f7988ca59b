"""Acceptance checks 1, 2, 3 and 6 on the real cluster: every flow of the table opens, every absence stays shut."""

from collections.abc import Iterator

import pytest

from tests.cluster.listeners import component_listeners, listener, running
from tests.cluster.outside import Outside
from tre.core.errors import Unavailable
from tre.platform.cluster import Cluster
from tre.platform.kubeapi import KubeApi
from tre.projects.desired import PlatformFacts
from tre.projects.desired.flows import COMPONENTS, FLOWS
from tre.projects.desired.names import namespace
from tre.projects.desired.spec import Desired
from tre.projects.reconciler.kubernetes import KubernetesProvider
from tre.projects.reconciler.probe import DenialProbe, ProbePlan, Target, build_probe, plan_for

pytestmark = pytest.mark.cluster

# which address of the platform stands for a side of the flow table
PLATFORM = {
    "hub-api": ("tre-hubapi", 8081), "workspace-api": ("tre-workspace", 8082), "object-store": ("minio", 9000),
    "vault": ("openbao", 8200),
}  # fmt: skip
PORT_OF = {"gateway": 8000, "hub": 8000, "notebook": 8888, "spark": 15002}


@pytest.fixture(scope="module")
def listeners_a(worker: Cluster, project_a: Desired, facts: PlatformFacts) -> Iterator[dict[str, str]]:
    yield from running(worker, component_listeners(project_a.slug, facts.images["gateway"]))


@pytest.fixture(scope="module")
def listeners_b(worker: Cluster, project_b: Desired, facts: PlatformFacts) -> Iterator[dict[str, str]]:
    yield from running(worker, component_listeners(project_b.slug, facts.images["gateway"]))


@pytest.fixture(scope="module")
def outside() -> Iterator[Outside]:
    with Outside() as network:
        yield network


def inside_targets(listeners: dict[str, str], whose: str) -> list[Target]:
    """Every listener on every port."""
    return [
        Target(f"{whose} {component}:{port}", listeners[f"listen-{component}"], port)
        for component in COMPONENTS
        for port in (8000, 8888, 15002, 9999)
    ]


def platform_targets(facts: PlatformFacts, admin: Cluster) -> list[Target]:
    found = [Target(f"{side}:{port}", facts.addresses[name], port) for side, (name, port) in PLATFORM.items()]
    dns = admin.service_ip("kube-dns", "kube-system")
    server, _, port = facts.api_servers[0].rpartition(":")
    return [*found, Target("dns:53", dns, 53), Target("dns:53/UDP", dns, 53, "UDP"),
            Target("api-server:0", server, int(port)),
            Target("web:8080", admin.service_ip("tre-control"), 8080)]  # fmt: skip


def allowed_names(component: str) -> set[str]:
    """What the table lets a component of project A open."""
    return {
        f"{'A ' if flow.destination in COMPONENTS else ''}{flow.destination}:{flow.port}"
        + ("/UDP" if flow.protocol == "UDP" else "")
        for flow in FLOWS
        if flow.source == component
    }


@pytest.fixture(scope="module")
def everything(
    facts: PlatformFacts, admin: Cluster, listeners_a: dict[str, str], listeners_b: dict[str, str], outside: Outside
) -> list[Target]:
    """Every address that means something: both projects' listeners, the platform, the node, the outside."""
    return [
        *inside_targets(listeners_a, "A"), *inside_targets(listeners_b, "B"), *platform_targets(facts, admin),
        *plan_for(facts).forbidden[1:3], Target("internet", outside.address, outside.port),
    ]  # fmt: skip


@pytest.mark.requirement("E1")
@pytest.mark.requirement("E2")
@pytest.mark.parametrize("component", COMPONENTS)
def test_a_component_opens_exactly_what_the_table_says(
    component: str, prober: DenialProbe, facts: PlatformFacts, project_a: Desired, everything: list[Target]
) -> None:
    expected = allowed_names(component)
    plan = ProbePlan(
        forbidden=tuple(target for target in everything if target.name not in expected),
        allowed=tuple(target for target in everything if target.name in expected),
        seconds=30,
    )
    assert {target.name for target in plan.allowed} == expected  # nothing of the table goes unprobed
    labels = {"tre/component": component, "tre/person": "anna"}
    answer = prober.run(project_a.slug, facts, plan, labels)
    assert (answer["leaks"], answer["shut"]) == ([], [])
    # IPv4 is all that the policies of this cluster decide: a pod must have no other way to speak
    assert answer["ipv6"] == []


@pytest.mark.requirement("E1")
def test_one_persons_spark_is_closed_to_another_of_the_same_project(
    prober: DenialProbe, facts: PlatformFacts, project_a: Desired, listeners_a: dict[str, str]
) -> None:
    spark = Target("spark", listeners_a["listen-spark"], 15002)
    plan = ProbePlan(forbidden=(spark,), allowed=(), seconds=20)
    labels = {"tre/component": "notebook", "tre/person": "bruno"}
    assert prober.run(project_a.slug, facts, plan, labels)["leaks"] == []
    plan = ProbePlan(forbidden=(), allowed=(spark,), seconds=20)  # positive control: its owner
    labels = {"tre/component": "notebook", "tre/person": "anna"}
    assert prober.run(project_a.slug, facts, plan, labels)["shut"] == []


@pytest.mark.requirement("E2")
def test_the_paths_exist_where_no_policy_closes_them(
    admin: Cluster, facts: PlatformFacts, listeners_b: dict[str, str], outside: Outside
) -> None:
    """Positive control of every closed path: the same addresses from a pod outside any project."""
    targets = (
        Target("internet", outside.address, outside.port), *plan_for(facts).forbidden[:2],
        Target("api", facts.api_servers[0].split(":")[0], int(facts.api_servers[0].split(":")[1])),
        Target("dns", admin.service_ip("kube-dns", "kube-system"), 53),
        Target("dns by UDP", admin.service_ip("kube-dns", "kube-system"), 53, "UDP"),
    )  # fmt: skip
    answer = _run_without_policies(admin, facts, ProbePlan(forbidden=(), allowed=targets, seconds=20))
    assert answer["shut"] == []


def _run_without_policies(admin: Cluster, facts: PlatformFacts, plan: ProbePlan) -> dict[str, list[str]]:
    pod = build_probe("none", facts, plan, {})
    pod["metadata"]["namespace"] = "default"
    pod["spec"]["serviceAccountName"] = "default"
    name = admin.create(pod)["metadata"]["name"]
    prober = DenialProbe(admin)
    try:
        admin.wait("the control", lambda: prober._ended(name, "default"), 90)
        return prober._answer(name, "default")
    finally:
        admin.delete("v1", "Pod", name, "default", grace_seconds=0)


def test_an_unlabelled_pod_of_a_project_reaches_nothing(
    prober: DenialProbe, facts: PlatformFacts, admin: Cluster, project_a: Desired, listeners_a: dict[str, str]
) -> None:
    targets = (*inside_targets(listeners_a, "A"), *platform_targets(facts, admin))
    assert prober.run(project_a.slug, facts, ProbePlan(targets, (), 30), {})["leaks"] == []


@pytest.mark.requirement("E3")
def test_an_opened_policy_is_caught_by_the_probe_and_closed_by_repair(
    prober: DenialProbe, provider: KubernetesProvider, worker: Cluster, facts: PlatformFacts, project_alone: Desired
) -> None:
    prober.check(project_alone.slug, facts)
    worker.create(
        {
            "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
            "metadata": {"name": "way-out", "namespace": namespace(project_alone.slug)},
            "spec": {"podSelector": {}, "policyTypes": ["Egress"], "egress": [{}]},
        }
    )  # fmt: skip
    with pytest.raises(Unavailable) as found:
        prober.check(project_alone.slug, facts, seconds=5)
    assert found.value.code == "isolation-open"
    assert "API server" in found.value.message
    provider.repair(project_alone, provider.drift(project_alone))
    prober.check(project_alone.slug, facts)


@pytest.mark.requirement("E6")
def test_no_token_in_a_persons_pod_and_nothing_allowed_if_there_were(admin: Cluster, project_a: Desired) -> None:
    space = namespace(project_a.slug)
    for account in ("notebook", "spark", "gateway", "default"):
        assert _may(admin, f"system:serviceaccount:{space}:{account}", space) == []
    hub = _may(
        admin, f"system:serviceaccount:{space}:hub", space
    )  # positive control: the hub may, pods and events only
    assert {resource for _, resource in hub} == {"pods", "events"}
    assert not {verb for verb, _ in hub} - {"create", "delete", "get", "list", "watch"}


def _may(admin: Cluster, user: str, space: str) -> list[tuple[str, str]]:
    """``kubectl auth can-i --list`` without what every account may ask (itself, discovery)."""
    body = {"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectRulesReview", "spec": {"namespace": space}}
    answer = KubeApi(as_user=user).json("POST", "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews", None, body)
    everyones = {"selfsubjectreviews", "selfsubjectaccessreviews", "selfsubjectrulesreviews", "clustertrustbundles"}
    return sorted(
        (verb, resource)
        for rule in answer["status"]["resourceRules"]
        for resource in rule["resources"]
        if resource not in everyones
        for verb in rule["verbs"]
    )


def test_listeners_are_really_there(
    prober: DenialProbe, facts: PlatformFacts, worker: Cluster, project_b: Desired, listeners_b: dict[str, str]
) -> None:
    """Positive control of check 1: inside project B the gateway reaches B's notebook that A's could not."""
    plan = ProbePlan((), (Target("notebook", listeners_b["listen-notebook"], 8888),), 20)
    labels = {"tre/component": "gateway", "tre/person": "anna"}
    assert prober.run(project_b.slug, facts, plan, labels)["shut"] == []
    assert listener("x", "y", "z", {})["spec"]["automountServiceAccountToken"] is False

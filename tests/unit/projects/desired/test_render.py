"""The desired state: pure, byte-stable, and safe by construction."""

import json
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from tre.core.errors import Invalid
from tre.projects.desired import PersonSpec, PlatformFacts, ProjectSpec, render
from tre.projects.desired.flows import COMPONENTS, FLOWS, peers
from tre.projects.desired.spec import Capacity, Desired, Object

DIGEST = "@sha256:" + "0" * 64
FACTS = PlatformFacts(
    images={name: f"registry.example/tre/{name}{DIGEST}" for name in ("hub", "gateway", "spark")},
    api_servers=("192.0.2.1:6443", "[2001:db8::1]:6443"), internal_ca_pem="-----BEGIN CERTIFICATE-----\n",
    addresses={"minio": "192.0.2.10", "openbao": "192.0.2.11", "tre-workspace": "192.0.2.12"},
)  # fmt: skip
PEOPLE = (PersonSpec("anna", lead=True), PersonSpec("bruno"))
SLUGS = st.from_regex(r"[a-z][a-z0-9]{2,20}", fullmatch=True)


def made(people: tuple[PersonSpec, ...] = PEOPLE, **rest: Any) -> Desired:
    return render(ProjectSpec("etude-a", "Étude A", people, **rest), FACTS)


def by_name(desired: Desired, kind: str) -> dict[str, Object]:
    return {o["metadata"]["name"]: o for o in desired.objects if o["kind"] == kind}


def pod_specs(desired: Desired) -> list[dict[str, Any]]:
    return [o["spec"]["template"]["spec"] for o in desired.objects if o["kind"] == "Deployment"]


@given(st.permutations([PersonSpec("anna"), PersonSpec("bruno"), PersonSpec("carla")]))
def test_the_order_of_people_changes_no_byte(people: list[PersonSpec]) -> None:
    first = made(tuple(sorted(people)))
    assert json.dumps(made(tuple(people)).objects) == json.dumps(first.objects)


@given(SLUGS, st.lists(SLUGS, max_size=4, unique=True))
def test_every_object_is_in_the_projects_namespace_and_unique(slug: str, people: list[str]) -> None:
    desired = render(ProjectSpec(slug, "", tuple(PersonSpec(p) for p in people)), FACTS)
    keys = [(o["kind"], o["metadata"]["name"]) for o in desired.objects]
    assert len(keys) == len(set(keys))
    assert {o["metadata"].get("namespace", o["metadata"]["name"]) for o in desired.objects} == {f"tre-p-{slug}"}
    assert all(o["metadata"]["labels"]["app.kubernetes.io/managed-by"] == "tre" for o in desired.objects)


@pytest.mark.parametrize("slug", ["", "ab", "A", "a--b", "a-", "-a", "a" * 31, "a.b", "a/b", "a\n", "x_y"])
def test_a_hostile_name_is_refused(slug: str) -> None:
    with pytest.raises(Invalid):
        render(ProjectSpec(slug, ""), FACTS)
    with pytest.raises(Invalid):
        render(ProjectSpec("fine", "", (PersonSpec(slug),)), FACTS)


def test_an_image_without_a_digest_is_refused() -> None:
    with pytest.raises(Invalid):
        render(ProjectSpec("fine", ""), PlatformFacts(images={"hub": "registry.example/hub:latest"}))


def test_nothing_secret_is_rendered() -> None:
    assert not by_name(made(), "Secret")
    assert "secretKeyRef" not in json.dumps(made().objects)


@pytest.mark.requirement("E6")
def test_only_the_hub_holds_a_token_and_it_may_touch_pods_and_events_only() -> None:
    desired = made()
    holders = [s["serviceAccountName"] for s in pod_specs(desired) if s["automountServiceAccountToken"]]
    assert holders == ["hub"]
    assert all(a["automountServiceAccountToken"] is False for a in by_name(desired, "ServiceAccount").values())
    rules = by_name(desired, "Role")["hub"]["rules"]
    assert {resource for rule in rules for resource in rule["resources"]} == {"pods", "events"}
    assert len(by_name(desired, "RoleBinding")) == 1


@pytest.mark.requirement("E7")
def test_every_pod_is_restricted_and_read_only() -> None:
    for spec in pod_specs(made()):
        assert spec["securityContext"]["runAsNonRoot"]
        assert not spec["enableServiceLinks"]
        for container in spec["containers"]:
            security = container["securityContext"]
            assert security["readOnlyRootFilesystem"]
            assert not security["allowPrivilegeEscalation"]
            assert security["capabilities"] == {"drop": ["ALL"]}
            assert DIGEST in container["image"]
            assert {"cpu", "memory"} <= set(container["resources"]["limits"])


def test_pod_security_is_enforced_at_a_pinned_version() -> None:
    labels = made().objects[0]["metadata"]["labels"]
    assert labels["pod-security.kubernetes.io/enforce"] == "restricted"
    assert labels["pod-security.kubernetes.io/enforce-version"].startswith("v1.")


@pytest.mark.requirement("E1")
def test_everything_is_denied_both_ways_before_anything_is_allowed() -> None:
    desired = made()
    policies = [o for o in desired.objects if o["kind"] == "NetworkPolicy"]
    assert policies[0]["spec"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    kinds = [o["kind"] for o in desired.objects]
    assert kinds.index("Deployment") > max(i for i, kind in enumerate(kinds) if kind == "NetworkPolicy")


def rules_of(desired: Desired) -> list[dict[str, Any]]:
    policies = by_name(desired, "NetworkPolicy").values()
    return [rule for p in policies for key in ("ingress", "egress") for rule in p["spec"].get(key, [])]


@pytest.mark.requirement("E2")
def test_no_rule_is_open_to_everybody() -> None:
    for rule in rules_of(made()):
        assert rule["ports"]
        assert rule.get("from") or rule.get("to")
        for peer in rule.get("from", []) + rule.get("to", []):
            assert peer.get("ipBlock", {}).get("cidr", "x/32").endswith(("/32", "/128"))
            assert peer != {"namespaceSelector": {}}


def test_an_unknown_api_server_closes_the_flow_instead_of_opening_it() -> None:
    blind = render(ProjectSpec("etude-a", ""), PlatformFacts(images=FACTS.images))
    assert all(rule.get("to", [1]) for rule in rules_of(blind))
    assert "ipBlock" not in json.dumps(blind.objects)


def test_each_flow_is_allowed_at_both_ends_inside_a_project() -> None:
    policies = by_name(made(), "NetworkPolicy")
    for flow in FLOWS:
        person = "-anna" if flow.same_person else ""
        if flow.source in COMPONENTS:
            name = f"{flow.source}{'-anna' if flow.source == 'spark' else person}"
            assert any(flow.port in [p["port"] for p in r["ports"]] or flow.port == 0
                       for r in policies[name]["spec"]["egress"])  # fmt: skip
        if flow.destination in COMPONENTS:
            name = f"{flow.destination}{'-anna' if flow.destination == 'spark' else person}"
            assert any(flow.port in [p["port"] for p in r["ports"]] for r in policies[name]["spec"]["ingress"])


def test_spark_is_between_the_pods_of_one_person() -> None:
    policies = by_name(made(), "NetworkPolicy")
    for name in ("notebook-bruno", "spark-bruno"):
        assert policies[name]["spec"]["podSelector"]["matchLabels"]["tre/person"] == "bruno"
    assert "anna" not in json.dumps(policies["spark-bruno"])
    (rule,) = policies["notebook-bruno"]["spec"]["egress"]
    assert rule["to"] == [{"podSelector": {"matchLabels": {"tre/component": "spark", "tre/person": "bruno"}}}]


def test_a_side_that_the_table_does_not_know_is_refused() -> None:
    with pytest.raises(Invalid):
        peers("internet", FACTS)


def test_notebooks_have_an_origin_each_and_none_is_the_hubs() -> None:
    ingresses = by_name(made(), "Ingress")
    hosts = [rule["host"] for ingress in ingresses.values() for rule in ingress["spec"]["rules"]]
    assert sorted(hosts) == [
        "etude-a--anna.work.tre.localhost", "etude-a--bruno.work.tre.localhost", "etude-a.work.tre.localhost"
    ]  # fmt: skip


def test_a_project_that_sleeps_runs_nothing_and_keeps_its_data() -> None:
    asleep = made(awake=False)
    assert {d["spec"]["replicas"] for d in by_name(asleep, "Deployment").values()} == {0}
    assert by_name(asleep, "PersistentVolumeClaim") == by_name(made(), "PersistentVolumeClaim")


def test_the_ceiling_is_peoples_and_hub_and_gateway_come_on_top() -> None:
    hard = by_name(made(capacity=Capacity(cpu="4", memory_gib=8, pods=10)), "ResourceQuota")["project"]["spec"]["hard"]
    assert hard["limits.cpu"] == "6"
    assert hard["pods"] == "12"
    assert hard["services.nodeports"] == hard["services.loadbalancers"] == "0"


def test_policies_name_the_project_and_only_it() -> None:
    desired = made()
    policy = json.loads(desired.buckets.session_policy_document)
    allowed = [s for s in policy["Statement"] if s["Effect"] == "Allow"]
    resources = [resource for statement in allowed for resource in statement["Resource"]]
    assert all(resource.startswith("arn:aws:s3:::tre-etude-a-") for resource in resources)
    assert not any(resource.endswith(("-quarantine/*", "-released/*")) for resource in resources)
    assert {a for s in policy["Statement"] if s["Effect"] == "Deny" for a in s["Action"]} >= {"admin:*"}
    assert "tre-kv/data/etude-a/shared/*" in desired.vault.session_policy_document
    assert "$" not in desired.vault.session_policy_document


def test_it_prints_as_yaml_and_reads_back() -> None:
    assert list(yaml.safe_load_all(yaml.safe_dump_all(made().objects))) == list(made().objects)

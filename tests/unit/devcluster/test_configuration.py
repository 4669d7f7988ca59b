"""Configuration that the rest of the system relies on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from devcluster import addons, components, dns, services
from devcluster.network_plan import NetworkPlan
from devcluster.paths import Paths

PLAN = NetworkPlan()
PATHS = Paths(cache=Path("/cache"), state=Path("/state"))


def test_the_api_server_knows_nobody_and_listens_on_the_node_only() -> None:
    flags = components.apiserver(PATHS, PLAN).argv
    assert "--anonymous-auth=false" in flags
    assert f"--bind-address={PLAN.node_ip}" in flags
    assert "--kubelet-preferred-address-types=InternalIP" in flags
    assert f"--audit-policy-file={components.AUDIT_POLICY}" in flags
    assert any(flag.startswith("--enable-admission-plugins=") and "NodeRestriction" in flag for flag in flags)


def test_policy_is_enforced_before_the_kubelet_starts_pods() -> None:
    names = [make(PATHS, PLAN).name for make in components.NODE]
    assert names.index("netpol") < names.index("kubelet")


def test_the_kubelet_answers_nobody_unknown() -> None:
    config = components.kubelet_configuration(PATHS, PLAN)
    assert config["authentication"] == {
        "anonymous": {"enabled": False},
        "webhook": {"enabled": True},
        "x509": {"clientCAFile": "/state/ca/cluster-ca.crt"},
    }
    assert config["readOnlyPort"] == 0


def test_pods_have_no_ipv6_and_host_ports_answer_on_loopback_only() -> None:
    plugins: Any = services.cni(PATHS, PLAN)["plugins"]
    kinds = {plugin["type"]: plugin for plugin in plugins}
    assert kinds["tuning"]["sysctl"] == {"net.ipv6.conf.eth0.disable_ipv6": "1"}
    assert kinds["portmap"]["conditionsV4"] == ["-d", "127.0.0.0/8"]


def test_manifests_are_whole_and_the_resolver_forwards_nothing() -> None:
    objects: list[Any] = []
    for file in sorted(addons.MANIFESTS.glob("*.yaml")):
        objects += list(yaml.safe_load_all(addons.render(file, PLAN)))
    by_name = {(made["kind"], made["metadata"]["name"]): made for made in objects}
    assert "forward" not in by_name["ConfigMap", "coredns"]["data"]["Corefile"]
    assert by_name["Service", "kube-dns"]["spec"]["clusterIP"] == PLAN.dns_ip
    annotations = by_name["StorageClass", "tre-local"]["metadata"]["annotations"]
    assert annotations["storageclass.kubernetes.io/is-default-class"] == "true"


@pytest.fixture(scope="module")
def audit_rules() -> list[dict[str, Any]]:
    policy = yaml.safe_load(components.AUDIT_POLICY.read_text())
    assert policy["kind"] == "Policy"
    return list(policy["rules"])


def first_rule(rules: list[dict[str, Any]], request: dict[str, str]) -> str:
    """Return the level of the first rule that fits, as the API server decides it."""
    for rule in rules:
        if _fits(rule, request):
            return str(rule["level"])
    return "None"


def _fits(rule: dict[str, Any], request: dict[str, str]) -> bool:
    if "nonResourceURLs" in rule:
        return False
    users = not rule.get("users") or request["user"] in rule["users"]
    groups = not rule.get("userGroups") or request.get("group") in rule["userGroups"]
    verbs = not rule.get("verbs") or request["verb"] in rule["verbs"]
    namespaces = not rule.get("namespaces") or request.get("namespace", "") in rule["namespaces"]
    resources = not rule.get("resources") or any(
        entry["group"] == request["group_name"] and request["resource"] in entry["resources"]
        for entry in rule["resources"]
    )
    return users and groups and verbs and namespaces and resources


@pytest.mark.parametrize(
    ("verb", "resource", "user", "level"),
    [
        ("get", "pods", "kubernetes-admin", "Metadata"),
        ("list", "secrets", "kubernetes-admin", "Metadata"),
        ("create", "secrets", "kubernetes-admin", "Metadata"),
        ("update", "secrets", "system:serviceaccount:tre-system:tre", "Metadata"),
        ("create", "serviceaccounts/token", "kubernetes-admin", "Metadata"),
        ("create", "pods/exec", "kubernetes-admin", "Request"),
        ("create", "pods/portforward", "kubernetes-admin", "Request"),
        ("update", "pods/ephemeralcontainers", "kubernetes-admin", "Request"),
        ("create", "pods", "system:serviceaccount:tre-p-a:hub", "Request"),
        ("delete", "services", "kubernetes-admin", "Request"),
        ("list", "pods", "system:kube-scheduler", "None"),
    ],
)
def test_what_is_recorded_in_a_projects_namespace(
    audit_rules: list[dict[str, Any]], verb: str, resource: str, user: str, level: str
) -> None:
    request = {"verb": verb, "resource": resource, "user": user, "namespace": "tre-p-a", "group_name": ""}
    assert first_rule(audit_rules, request) == level


def test_nobody_writes_a_secret_into_the_audit_log(audit_rules: list[dict[str, Any]]) -> None:
    for verb in ("create", "update", "patch", "delete", "get", "list", "watch", "deletecollection"):
        for user in ("kubernetes-admin", "system:kube-controller-manager", "system:node:tre-dev"):
            request = {"verb": verb, "resource": "secrets", "user": user, "namespace": "tre-p-a", "group_name": ""}
            assert first_rule(audit_rules, request) in ("None", "Metadata")


def test_a_resolvers_answer_is_told_from_anything_else() -> None:
    question = dns.query("a.example", 7)
    assert not dns.is_answer(question, 7)
    answer = question[:2] + b"\x84\x00\x00\x01\x00\x01" + question[8:]
    assert dns.is_answer(answer, 7)
    assert not dns.is_answer(answer, 8)
    unknown = question[:2] + b"\x84\x03\x00\x01\x00\x00" + question[8:]
    assert not dns.is_answer(unknown, 7)
    assert not dns.is_answer(b"", 7)

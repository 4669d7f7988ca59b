"""The pod of a notebook: Pod Security ``restricted`` in every container, no token, no DNS, no secret."""

import json
from dataclasses import asdict, replace
from typing import Any

import pytest

from tre.core.errors import Unavailable
from tre.spawner.plan import HostAlias, SessionPlan, read_plan
from tre.spawner.pod import build_pod

PLAN = SessionPlan(
    session_id="ses-" + "0" * 26,
    person="chercheuse-a",
    project="cohorte-a",
    profile="python",
    image="registry.example/tre/python@sha256:" + "a" * 64,
    cpu=2,
    cpu_request=0.1,
    memory_mib=2048,
    memory_request_mib=512,
    home_claim="home-chercheuse-a",
    host_aliases=(HostAlias("10.0.0.3", ("tre-workspace.tre-system.svc",)),),
    nonce="nonce-of-one-claim",
    workspace_url="http://tre-workspace.tre-system.svc:8082/workspace/v1",
)


def containers(pod: dict[str, Any]) -> list[dict[str, Any]]:
    return [*pod["spec"]["initContainers"], *pod["spec"]["containers"]]


def test_every_container_is_restricted() -> None:
    pod = build_pod(PLAN)
    assert pod["spec"]["securityContext"]["runAsNonRoot"]
    for container in containers(pod):
        security = container["securityContext"]
        assert not security["allowPrivilegeEscalation"]
        assert security["capabilities"] == {"drop": ["ALL"]}
        assert security["readOnlyRootFilesystem"]
        assert security["seccompProfile"] == {"type": "RuntimeDefault"}
        assert "@sha256:" in container["image"]


def test_there_is_no_token_no_resolver_and_no_service_in_the_environment() -> None:
    spec = build_pod(PLAN)["spec"]
    assert spec["automountServiceAccountToken"] is False
    assert spec["enableServiceLinks"] is False
    assert spec["dnsPolicy"] == "None"
    assert spec["hostAliases"]


def test_volumes_are_the_home_memory_and_the_ca() -> None:
    volumes = build_pod(PLAN)["spec"]["volumes"]
    kinds = {v["name"]: next(k for k in v if k != "name") for v in volumes}
    assert kinds == {"home": "persistentVolumeClaim", "session": "emptyDir", "tmp": "emptyDir", "ca": "configMap"}
    assert next(v for v in volumes if v["name"] == "session")["emptyDir"]["medium"] == "Memory"


def test_the_nonce_is_in_the_init_container_only() -> None:
    pod = build_pod(PLAN)
    assert PLAN.nonce in json.dumps(pod["spec"]["initContainers"])
    assert PLAN.nonce not in json.dumps(pod["spec"]["containers"])


def answer(**changes: Any) -> dict[str, Any]:
    """A good answer of the control plane, as JSON."""
    return json.loads(json.dumps(asdict(PLAN))) | changes


def test_a_plan_is_read_as_it_was_meant() -> None:
    assert read_plan(answer(), "cohorte-a", "chercheuse-a") == PLAN


@pytest.mark.parametrize(
    "changes",
    [
        {"project": "cohorte-b"}, {"person": "chercheur-b"}, {"image": "registry.example/tre/python:latest"},
        {"image": ""}, {"session_id": "x"}, {"nonce": ""}, {"home_claim": "home-chercheur-b"}, {"host_aliases": []},
        {"cpu": None}, {"host_aliases": [{}]},
    ],
)  # fmt: skip
def test_a_plan_that_is_not_whole_starts_nothing(changes: dict[str, Any]) -> None:
    with pytest.raises(Unavailable, match="plan-invalid"):
        read_plan(answer(**changes), "cohorte-a", "chercheuse-a")


def test_an_empty_answer_starts_nothing() -> None:
    with pytest.raises(Unavailable, match="plan-invalid"):
        read_plan({}, "cohorte-a", "chercheuse-a")


def test_large_profiles_only_change_sizes() -> None:
    small, large = build_pod(PLAN), build_pod(replace(PLAN, cpu=4, memory_mib=6144))
    assert large["spec"]["containers"][0]["resources"]["limits"]["memory"] == "6144Mi"
    large["spec"]["containers"][0]["resources"] = small["spec"]["containers"][0]["resources"]
    assert large == small

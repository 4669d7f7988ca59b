"""Who is at home in a project's namespace: owners by uid, pods by what they run; a label proves nothing."""

import copy
from typing import Any

import pytest

from tests.unit.projects.desired.test_render import FACTS, made
from tre.projects.desired.names import namespace
from tre.projects.desired.spec import Object
from tre.projects.reconciler.spawned import Household

DESIRED = made()
SPACE = namespace("etude-a")


def held(kind: str, name: str, uid: str, owner: Object | None = None, **rest: Any) -> Object:
    metadata: dict[str, Any] = {"name": name, "namespace": SPACE, "uid": uid}
    if owner is not None:
        reference = {"uid": owner["metadata"]["uid"], "kind": owner["kind"], "name": owner["metadata"]["name"]}
        metadata["ownerReferences"] = [{**reference, "controller": True}]
    return {"apiVersion": "v1", "kind": kind, "metadata": metadata, **rest}


def rendered(kind: str, name: str) -> Object:
    found = next(o for o in DESIRED.objects if (o["kind"], o["metadata"]["name"]) == (kind, name))
    obj = copy.deepcopy(found)
    obj["metadata"]["uid"] = f"uid-{kind}-{name}"
    return obj


DEPLOYMENT = rendered("Deployment", "hub")
DEPLOYMENT["metadata"]["generation"] = 2
DEPLOYMENT["status"] = {"observedGeneration": 2, "replicas": 1, "updatedReplicas": 1}
REPLICA_SET = held("ReplicaSet", "hub-1", "rs", DEPLOYMENT,
                   spec={"replicas": 1, "template": {"spec": DEPLOYMENT["spec"]["template"]["spec"]}})  # fmt: skip
POD = held("Pod", "hub-1-x", "pod", REPLICA_SET, spec=DEPLOYMENT["spec"]["template"]["spec"])
NOTEBOOK = held("Pod", "nb-anna", "nb", spec={
    "serviceAccountName": "notebook", "automountServiceAccountToken": False,
    "containers": [{"name": "notebook", "image": "x"}],
    "volumes": [{"name": "h", "persistentVolumeClaim": {"claimName": "home-anna"}}, {"name": "t", "emptyDir": {}}],
})  # fmt: skip
NOTEBOOK["metadata"]["labels"] = {"tre/component": "notebook", "tre/person": "anna"}


def strangers(*live: Object) -> list[str]:
    return [f"{o['kind']}/{o['metadata']['name']}" for o in Household.of(DESIRED, live).strangers()]


def test_what_we_rendered_and_spawned_is_at_home() -> None:
    service = rendered("Service", "hub")
    assert strangers(
        DEPLOYMENT, REPLICA_SET, POD, NOTEBOOK, service, held("Endpoints", "hub", "e"),
        held("EndpointSlice", "hub-abc", "s", service), held("ConfigMap", "kube-root-ca.crt", "c"),
        held("Secret", "tre-service", "t"),
    ) == []  # fmt: skip


@pytest.mark.parametrize(
    "kind", ["ConfigMap", "Secret", "Service", "NetworkPolicy", "Lease", "Endpoints", "Pod", "Job"]
)
def test_anything_else_is_a_stranger_whatever_its_labels(kind: str) -> None:
    obj = held(kind, "x", "u", spec={})
    obj["metadata"]["labels"] = {"app.kubernetes.io/managed-by": "tre", "tre/project": "etude-a"}
    assert strangers(obj) == [f"{kind}/x"]


def test_an_owner_counts_by_uid_not_by_name() -> None:
    forged = copy.deepcopy(REPLICA_SET)
    forged["metadata"]["ownerReferences"][0]["uid"] = "another"
    assert strangers(DEPLOYMENT, forged) == ["ReplicaSet/hub-1"]


@pytest.mark.parametrize("change", [
    lambda s: s["containers"][0].update(image="evil"), lambda s: s["containers"][0].update(command=["sh"]),
    lambda s: s.update(serviceAccountName="other"), lambda s: s.update(hostNetwork=True),
    lambda s: s["volumes"].append({"name": "more", "emptyDir": {}}),
    lambda s: s.update(ephemeralContainers=[{"name": "late"}]),
    lambda s: s["containers"].append({"name": "more", "image": "x"}),
])  # fmt: skip
def test_a_pod_that_runs_something_else_is_a_stranger_even_with_our_owner(change: Any) -> None:
    pod = copy.deepcopy(POD)
    change(pod["spec"])
    assert strangers(DEPLOYMENT, REPLICA_SET, pod) == ["Pod/hub-1-x"]


def test_an_old_revision_may_end_while_the_new_one_starts() -> None:
    old = copy.deepcopy(POD)
    old["spec"]["containers"][0]["image"] = "the former image"
    rolling = copy.deepcopy(DEPLOYMENT)
    rolling["status"]["updatedReplicas"] = 0
    assert strangers(rolling, REPLICA_SET, old) == []
    assert strangers(DEPLOYMENT, REPLICA_SET, old) == ["Pod/hub-1-x"]
    old["metadata"]["deletionTimestamp"] = "now"
    assert strangers(DEPLOYMENT, REPLICA_SET, old) == []


@pytest.mark.parametrize("change", [
    lambda p: p["metadata"]["labels"].update({"tre/person": "somebody"}),
    lambda p: p["metadata"]["labels"].update({"tre/component": "hub"}),
    lambda p: p["spec"].update(serviceAccountName="hub"), lambda p: p["spec"].update(automountServiceAccountToken=True),
    lambda p: p["spec"]["volumes"].append({"name": "x", "persistentVolumeClaim": {"claimName": "home-bruno"}}),
    lambda p: p["spec"]["volumes"].append({"name": "x", "secret": {"secretName": "tre-service"}}),
    lambda p: p["spec"]["volumes"].append({"name": "x", "hostPath": {"path": "/"}}),
    lambda p: p["spec"].update(ephemeralContainers=[{"name": "late"}]),
])  # fmt: skip
def test_a_notebook_that_is_not_as_it_must_be_is_a_stranger(change: Any) -> None:
    pod = copy.deepcopy(NOTEBOOK)
    change(pod)
    assert strangers(pod) == ["Pod/nb-anna"]


def test_the_facts_of_these_tests_are_complete() -> None:
    assert FACTS.api_servers

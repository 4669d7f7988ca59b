"""Acceptance check 7 and the admission policies: who may write in a project, and what a pod there may be."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from tests.cluster.conftest import WORKER
from tre.core.errors import Forbidden, Invalid, TreError
from tre.platform.cluster import Cluster
from tre.platform.kubeapi import KubeApi
from tre.projects.desired import PlatformFacts
from tre.projects.desired.names import namespace
from tre.projects.desired.pods import container_security, pod_security
from tre.projects.desired.spec import Desired, Object
from tre.projects.reconciler.admission import AdmissionWatch

pytestmark = pytest.mark.cluster
RBAC = "rbac.authorization.k8s.io/v1"


def notebook(project: Desired, facts: PlatformFacts) -> Object:
    """What the hub makes, as small as it can be."""
    container: dict[str, Any] = {
        "name": "notebook", "image": facts.images["python"], "command": ["sleep", "60"],
        "securityContext": container_security(), "resources": {"requests": {"cpu": "5m"}, "limits": {"cpu": "100m"}},
    }  # fmt: skip
    spec: dict[str, Any] = {
        "serviceAccountName": "notebook", "automountServiceAccountToken": False, "enableServiceLinks": False,
        "dnsPolicy": "None", "dnsConfig": {"nameservers": ["127.0.0.1"]}, "securityContext": pod_security(),
        "containers": [container],
        "volumes": [
            {"name": "home", "persistentVolumeClaim": {"claimName": "home-anna"}},
            {"name": "ca", "configMap": {"name": "tre-internal-ca"}}, {"name": "run", "emptyDir": {"medium": "Memory"}},
        ],
    }  # fmt: skip
    labels = {"tre/component": "notebook", "tre/person": "anna", "tre/session": "ses-1", "tre/project": project.slug}
    metadata = {"name": "nb-anna", "namespace": namespace(project.slug), "labels": labels}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}


@pytest.fixture(scope="module")
def hub(admin: Cluster, project_a: Desired) -> Cluster:
    """The cluster with the rights of project A's hub."""
    assert admin
    return Cluster(KubeApi(as_user=f"system:serviceaccount:{namespace(project_a.slug)}:hub"))


def tried(cluster: Cluster, pod: Object) -> None:
    """Create without creating: admission decides the same on a dry run."""
    path = cluster.type_of("v1", "Pod").path(pod["metadata"]["namespace"])
    cluster.api.request("POST", path, {"dryRun": "All"}, pod)


def test_the_hub_makes_a_notebook(hub: Cluster, project_a: Desired, facts: PlatformFacts) -> None:
    """Positive control of every refusal below."""
    tried(hub, notebook(project_a, facts))


Change = Callable[[Object], Any]
HOSTILE: dict[str, Change] = {
    "privileged": lambda p: p["spec"]["containers"][0]["securityContext"].update(privileged=True),
    "root": lambda p: [c.update(runAsUser=0, runAsNonRoot=False) for c in
                       (p["spec"]["securityContext"], p["spec"]["containers"][0]["securityContext"])],
    "hostPath": lambda p: p["spec"]["volumes"].append({"name": "h", "hostPath": {"path": "/"}}),
    "hostNetwork": lambda p: p["spec"].update(hostNetwork=True),
    "hostPID": lambda p: p["spec"].update(hostPID=True),
    "hostPort": lambda p: p["spec"]["containers"][0].update(ports=[{"containerPort": 80, "hostPort": 80}]),
    "foreign registry": lambda p: p["spec"]["containers"][0].update(image="elsewhere.example/x@sha256:" + "0" * 64),
    "tag instead of digest": lambda p: p["spec"]["containers"][0].update(
        image=p["spec"]["containers"][0]["image"].split("@")[0] + ":latest"),
    "foreign init container": lambda p: p["spec"].update(initContainers=[
        {**copy.deepcopy(p["spec"]["containers"][0]), "name": "i", "image": "elsewhere.example/x"}]),
    "another's home": lambda p: p["spec"]["volumes"][0]["persistentVolumeClaim"].update(claimName="home-bruno"),
    "hub's data": lambda p: p["spec"]["volumes"][0]["persistentVolumeClaim"].update(claimName="hub-data"),
    "secret volume": lambda p: p["spec"]["volumes"].append({"name": "s", "secret": {"secretName": "tre-service"}}),
    "projected token": lambda p: p["spec"]["volumes"].append({"name": "t", "projected": {"sources": [
        {"serviceAccountToken": {"path": "token"}}]}}),
    "secret in the environment": lambda p: p["spec"]["containers"][0].update(env=[
        {"name": "X", "valueFrom": {"secretKeyRef": {"name": "tre-service", "key": "service-token"}}}]),
    "all of a secret": lambda p: p["spec"]["containers"][0].update(envFrom=[{"secretRef": {"name": "tre-service"}}]),
    "a token": lambda p: p["spec"].update(automountServiceAccountToken=True),
    "the hub's account": lambda p: p["spec"].update(serviceAccountName="hub"),
    "cluster DNS": lambda p: p["spec"].update(dnsPolicy="ClusterFirst", dnsConfig=None),
    "a chosen node": lambda p: p["spec"].update(nodeName="tre-dev"),
    "no session": lambda p: p["metadata"]["labels"].pop("tre/session"),
    "the gateway's label": lambda p: p["metadata"]["labels"].update({"tre/component": "gateway"}),
}  # fmt: skip


@pytest.mark.requirement("E7")
@pytest.mark.parametrize("change", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hub_cannot_make_anything_else(
    hub: Cluster, project_a: Desired, facts: PlatformFacts, change: Change
) -> None:
    pod = notebook(project_a, facts)
    change(pod)
    with pytest.raises((Forbidden, Invalid)):
        tried(hub, pod)


@pytest.mark.requirement("E7")
@pytest.mark.parametrize("what", ["privileged", "root", "hostPath", "hostNetwork", "hostPort", "foreign registry"])
def test_not_even_the_worker_makes_such_a_pod(
    worker: Cluster, project_a: Desired, facts: PlatformFacts, what: str
) -> None:
    tried(worker, notebook(project_a, facts))
    pod = notebook(project_a, facts)
    HOSTILE[what](pod)
    with pytest.raises((Forbidden, Invalid)):
        tried(worker, pod)


@pytest.mark.requirement("E7")
def test_a_hub_ends_notebooks_only(
    hub: Cluster, worker: Cluster, project_a: Desired, project_b: Desired, facts: PlatformFacts
) -> None:
    pod = notebook(project_a, facts)
    pod["metadata"]["name"], pod["metadata"]["labels"]["tre/component"] = "not-a-notebook", "hub"
    worker.create(pod)
    try:
        with pytest.raises(Forbidden):
            hub.delete("v1", "Pod", "not-a-notebook", namespace(project_a.slug))
    finally:
        worker.delete("v1", "Pod", "not-a-notebook", namespace(project_a.slug), grace_seconds=0)
    with pytest.raises(Forbidden):
        tried(hub, notebook(project_b, facts))


@pytest.mark.requirement("E3")
def test_an_administrator_writes_nothing_in_a_project(admin: Cluster, project_a: Desired, facts: PlatformFacts) -> None:
    space = namespace(project_a.slug)
    policy = "networking.k8s.io/v1", "NetworkPolicy"
    attempts: list[Callable[[], Any]] = [
        lambda: admin.delete(*policy, "default-deny", space),
        lambda: admin.apply({"apiVersion": policy[0], "kind": policy[1], "metadata": {"name": "x", "namespace": space},
                             "spec": {"podSelector": {}, "policyTypes": ["Egress"], "egress": [{}]}}),
        lambda: tried(admin, notebook(project_a, facts)),
        lambda: admin.scale(project_a.slug, "hub", 1),
        lambda: admin.delete("v1", "Namespace", space),
        lambda: admin.api.request("PATCH", f"/api/v1/namespaces/{space}", None, {"metadata": {"labels": {"a": "b"}}},
                                  {"Content-Type": "application/merge-patch+json"}),
        lambda: admin.api.request("POST", f"/api/v1/namespaces/{space}/serviceaccounts/hub/token", None, {"spec": {}}),
        lambda: admin.create(
            {
                "apiVersion": RBAC, "kind": "ClusterRoleBinding", "metadata": {"name": "tests-to-hub"},
                "roleRef": {"apiGroup": RBAC.split("/", maxsplit=1)[0], "kind": "ClusterRole", "name": "view"},
                "subjects": [{"kind": "ServiceAccount", "name": "hub", "namespace": space}],
            }
        ),
    ]  # fmt: skip
    for attempt in attempts:
        with pytest.raises(Forbidden):
            attempt()


def test_nobody_enters_a_pod_from_the_clusters_side(admin: Cluster, worker: Cluster, project_a: Desired) -> None:
    space = namespace(project_a.slug)
    for cluster in (admin, worker):
        for verb in ("exec?command=id&stdout=1", "attach?stdout=1", "portforward?ports=80"):
            with pytest.raises(TreError) as refused:
                cluster.api.request("POST", f"/api/v1/namespaces/{space}/pods/any/{verb}")
            assert refused.value.code in {"cluster-denied", "cluster-not-found"}


def test_the_workers_name_alone_is_enough_and_another_of_the_platform_is_not(
    admin: Cluster, project_a: Desired
) -> None:
    assert admin
    configuration = {
        "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x", "namespace": namespace(project_a.slug)}
    }  # fmt: skip
    control = Cluster(KubeApi(as_user=WORKER.replace("tre-worker", "tre-control")))
    with pytest.raises(Forbidden):
        control.api.request("POST", f"/api/v1/namespaces/{namespace(project_a.slug)}/configmaps", None, configuration)


def test_the_installed_policies_are_those_of_this_version(admin: Cluster) -> None:
    assert AdmissionWatch(admin).drift() == ()

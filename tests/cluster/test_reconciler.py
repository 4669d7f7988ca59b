"""Rendered equals live; every deletion, edit and addition is named and undone (issue: main job, projects)."""

import copy
import hashlib
import json
import secrets
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.cluster.conftest import WORKER
from tre.platform.cluster import Cluster
from tre.platform.kubeapi import KubeApi
from tre.projects.desired import PersonSpec, PlatformFacts, ProjectSpec, render
from tre.projects.desired.names import namespace
from tre.projects.desired.spec import Desired, Object
from tre.projects.reconciler.kubernetes import KubernetesProvider

pytestmark = pytest.mark.cluster
PEOPLE_IN_ANOTHER_ORDER = (PersonSpec("bruno", home_gib=1), PersonSpec("anna", home_gib=1))
_LABELLED_AS_OURS = {"app.kubernetes.io/managed-by": "tre"}


def targets(found: Any) -> set[tuple[str, str]]:
    return {(difference.kind, difference.target) for difference in found}


def repaired(provider: KubernetesProvider, desired: Desired) -> None:
    provider.repair(desired, provider.drift(desired))
    assert provider.drift(desired) == ()


def test_the_rendered_project_is_byte_stable_and_is_what_the_cluster_holds(
    provider: KubernetesProvider, project_a: Desired, facts: PlatformFacts
) -> None:
    again = render(ProjectSpec(project_a.slug, "Essai", PEOPLE_IN_ANOTHER_ORDER, awake=False), facts)
    assert json.dumps(again.objects) == json.dumps(project_a.objects)
    assert provider.drift(project_a) == ()


def test_ensure_twice_changes_nothing(provider: KubernetesProvider, project_a: Desired) -> None:
    token = provider.service_token(project_a.slug)
    provider.ensure(project_a)
    assert provider.service_token(project_a.slug) == token
    assert provider.drift(project_a) == ()


def test_any_object_that_is_deleted_is_named_and_comes_back(
    provider: KubernetesProvider, worker: Cluster, project_a: Desired
) -> None:
    for obj in project_a.objects[1:]:  # the namespace is not deleted alone: with it goes everything
        worker.delete(obj["apiVersion"], obj["kind"], obj["metadata"]["name"], obj["metadata"]["namespace"])
        worker.wait("its end", lambda obj=obj: _absent(worker, obj), 20)  # type: ignore[misc]
        found = targets(provider.drift(project_a))
        assert ("missing", f"{obj['kind']}/{obj['metadata']['name']}") in found
        repaired(provider, project_a)


def _absent(worker: Cluster, obj: Object) -> bool:
    live = worker.get(obj["apiVersion"], obj["kind"], obj["metadata"]["name"], obj["metadata"]["namespace"])
    recreated = obj["kind"] == "ServiceAccount" and obj["metadata"]["name"] == "default" and live is not None
    return live is None or (recreated and not (live or {})["metadata"].get("labels"))


def test_any_object_that_is_edited_is_named_and_put_right(
    provider: KubernetesProvider, worker: Cluster, project_a: Desired
) -> None:
    for obj in project_a.objects:
        edited = copy.deepcopy(obj)
        edited["metadata"]["labels"] = {**obj["metadata"]["labels"], "tre/component": "another", "added": "by-others"}
        _edit(worker, edited)
        found = targets(provider.drift(project_a))
        name = f"{obj['kind']}/{obj['metadata']['name']}"
        assert {("changed", name), ("extra", name)} <= found
        repaired(provider, project_a)


def _edit(worker: Cluster, obj: Object) -> None:
    """As somebody else's client would: another field manager."""
    path = worker._path(obj)
    body = {"metadata": {"labels": obj["metadata"]["labels"]}}
    worker.api.request(
        "PATCH", path, {"fieldManager": "others"}, body, {"Content-Type": "application/merge-patch+json"}
    )


STRANGERS: list[Object] = [
    {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}, "data": {"a": "b"}},
    {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "x"}, "spec": {"ports": [{"port": 80}]}},
    {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "x"}},
    {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "x"}, "stringData": {"a": "b"}},
    {
        "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": "x"},
        "spec": {"podSelector": {}, "egress": [{}], "policyTypes": ["Egress"]},
    },
    {
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": {"name": "x"},
        "rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}],
    },
]  # fmt: skip


@pytest.mark.requirement("E3")
@pytest.mark.parametrize("labelled", [False, True])
@pytest.mark.parametrize("stranger", STRANGERS, ids=lambda obj: str(obj["kind"]))
def test_any_object_that_is_added_is_named_and_removed(
    provider: KubernetesProvider, worker: Cluster, project_a: Desired, stranger: Object, labelled: bool
) -> None:
    obj = copy.deepcopy(stranger)
    obj["metadata"]["namespace"] = namespace(project_a.slug)
    obj["metadata"]["labels"] = _LABELLED_AS_OURS if labelled else {}
    worker.create(obj)
    assert ("extra", f"{obj['kind']}/x") in targets(provider.drift(project_a))
    repaired(provider, project_a)


@pytest.mark.requirement("E3")
def test_a_widened_policy_is_named_and_narrowed(
    provider: KubernetesProvider, worker: Cluster, project_a: Desired
) -> None:
    path = worker.type_of("networking.k8s.io/v1", "NetworkPolicy").path(namespace(project_a.slug), "default-deny")
    body = {"spec": {"egress": [{}]}}
    worker.api.request(
        "PATCH", path, {"fieldManager": "others"}, body, {"Content-Type": "application/merge-patch+json"}
    )
    found = provider.drift(project_a)
    assert [(d.kind, d.target, d.path) for d in found] == [("extra", "NetworkPolicy/default-deny", "spec.egress")]
    repaired(provider, project_a)


def test_a_sweep_of_all_projects_asks_once_a_kind(
    provider: KubernetesProvider, worker: Cluster, project_a: Desired, project_b: Desired,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    asked: list[str] = []
    real = worker.api.pages
    monkeypatch.setattr(worker.api, "pages", lambda path, *rest: (asked.append(path), real(path, *rest))[1])
    found = provider.drift_all([project_a, project_b])
    assert found[project_a.slug] == found[project_b.slug] == ()
    assert len(asked) == len(set(asked))
    assert not any("/namespaces/" in path for path in asked)


def test_a_namespace_that_belongs_to_no_project_is_named(provider: KubernetesProvider, project_a: Desired) -> None:
    found = provider.drift_all([])
    assert f"Namespace/{namespace(project_a.slug)}" in {difference.target for difference in found[""]}


@pytest.mark.requirement("E34")
def test_destroying_leaves_nothing_and_says_what_is_left_until_then(
    provider: KubernetesProvider, facts: PlatformFacts
) -> None:
    desired = render(ProjectSpec(f"tc-{secrets.token_hex(3)}", "Essai", awake=False), facts)
    provider.ensure(desired)
    left = {residue.target for residue in provider.residue(desired.slug)}
    assert {f"Namespace/{namespace(desired.slug)}", "NetworkPolicy/default-deny", "Deployment/hub"} <= left
    provider.destroy(desired.slug)
    assert provider.residue(desired.slug) == ()
    provider.destroy(desired.slug)  # again: nothing to do


@pytest.mark.requirement("E33")
def test_two_at_once_make_one_project(worker: Cluster, facts: PlatformFacts) -> None:
    desired = render(ProjectSpec(f"td-{secrets.token_hex(3)}", "Essai", awake=False), facts)
    both = [KubernetesProvider(Cluster(KubeApi(as_user=WORKER))) for _ in range(2)]
    try:
        with ThreadPoolExecutor(2) as pool:
            outcomes = list(pool.map(lambda provider: provider.ensure(desired), both))
        tokens = {outcome.facts["service_token_sha256"] for outcome in outcomes}
        assert tokens == {hashlib.sha256((both[0].service_token(desired.slug) or "").encode()).hexdigest()}
        assert both[0].drift(desired) == ()
    finally:
        both[0].destroy(desired.slug)

"""Whole objects: what the server adds is no drift, everything else is."""

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tre.projects.reconciler.compare import gaps, whole

WANTED: dict[str, Any] = {
    "apiVersion": "v1", "kind": "Service", "metadata": {"name": "hub", "namespace": "n", "labels": {"a": "b"}},
    "spec": {"selector": {"x": "y"}, "ports": [{"port": 80, "protocol": "TCP"}], "type": "ClusterIP"},
}  # fmt: skip


def live(**changes: Any) -> dict[str, Any]:
    """What the API server answers for WANTED."""
    obj = copy.deepcopy(WANTED)
    obj["metadata"] |= {"uid": "u", "resourceVersion": "7", "creationTimestamp": "t", "managedFields": [{"m": 1}]}
    obj["spec"] |= {"clusterIP": "192.0.2.1", "clusterIPs": ["192.0.2.1"], "sessionAffinity": "None",
                    "ipFamilies": ["IPv4"], "ipFamilyPolicy": "SingleStack",
                    "internalTrafficPolicy": "Cluster"}  # fmt: skip
    obj["status"] = {"loadBalancer": {}}
    obj["spec"] |= changes
    return obj


def test_what_the_server_adds_is_no_drift() -> None:
    assert gaps(WANTED, live()) == []


@pytest.mark.parametrize(
    ("changes", "kind", "path"),
    [
        ({"type": "NodePort"}, "changed", "spec.type"),
        ({"externalIPs": ["192.0.2.9"]}, "extra", "spec.externalIPs"),
        ({"sessionAffinity": "ClientIP"}, "extra", "spec.sessionAffinity"),
        ({"selector": {"x": "z"}}, "changed", "spec.selector.x"),
        ({"selector": {"x": "y", "more": "w"}}, "extra", "spec.selector.more"),
        ({"ports": [{"port": 80, "protocol": "TCP"}, {"port": 81}]}, "extra", "spec.ports"),
        ({"ports": [{"port": 80, "protocol": "TCP", "nodePort": 30000}]}, "extra", "spec.ports.[].nodePort"),
        ({"ports": []}, "changed", "spec.ports"),
    ],
)
def test_what_anybody_else_changed_is_named(changes: dict[str, Any], kind: str, path: str) -> None:
    assert [(gap.kind, gap.path) for gap in gaps(WANTED, live(**changes))] == [(kind, path)]


def test_a_label_or_annotation_of_others_is_extra_and_ours_cannot_vanish() -> None:
    obj = live()
    obj["metadata"]["labels"] = {"other": "1"}
    obj["metadata"]["annotations"] = {"note": "2"}
    found = {(gap.kind, gap.path) for gap in gaps(WANTED, obj)}
    assert found == {
        ("missing", "metadata.labels.a"), ("extra", "metadata.labels.other"), ("extra", "metadata.annotations.note")
    }  # fmt: skip


def test_an_object_that_is_being_deleted_or_owned_is_drift() -> None:
    obj = live()
    obj["metadata"] |= {"deletionTimestamp": "t", "finalizers": ["theirs"], "ownerReferences": [{"uid": "x"}]}
    assert {gap.path for gap in gaps(WANTED, obj)} == {
        "metadata.deletionTimestamp", "metadata.finalizers", "metadata.ownerReferences"
    }  # fmt: skip


def test_putting_the_whole_removes_others_fields_and_keeps_the_servers() -> None:
    obj = live(externalIPs=["192.0.2.9"], type="NodePort")
    put = whole(WANTED, obj)
    assert put["spec"]["clusterIP"] == "192.0.2.1"
    assert put["metadata"]["resourceVersion"] == "7"
    assert "externalIPs" not in put["spec"]
    assert "managedFields" not in put["metadata"]
    assert gaps(WANTED, put) == []


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(min_size=1, max_size=4), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(min_size=1, max_size=4), JSON, max_size=4))
def test_an_object_is_equal_to_itself_and_repair_ends_every_difference(extra: dict[str, Any]) -> None:
    obj = {**WANTED, "data": extra}
    assert gaps(obj, copy.deepcopy(obj)) == []
    edited = {**live(), "data": {**extra, "added by others": 1}, "immutable": True}
    assert gaps(obj, whole(obj, edited)) == []


@given(st.dictionaries(st.sampled_from("abc"), st.integers(0, 2), min_size=1),
       st.dictionaries(st.sampled_from("abc"), st.integers(0, 2)))  # fmt: skip
def test_no_change_of_data_goes_unseen(wanted: dict[str, int], found: dict[str, int]) -> None:
    one = {"kind": "ConfigMap", "data": wanted}
    other = {"kind": "ConfigMap", "data": found}
    assert (gaps(one, other) == []) == (wanted == found)

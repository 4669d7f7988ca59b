"""The watch over the admission policies names whatever was removed or loosened."""

import copy
from typing import Any

import pytest

from tre.projects.desired.spec import Object
from tre.projects.reconciler.admission import AdmissionWatch, installed_policies


class Held:
    """A cluster that holds these objects."""

    def __init__(self, objects: list[Object]) -> None:
        self._objects = objects

    def list(self, _api: str, kind: str) -> list[Object]:
        return [o for o in self._objects if o["kind"] == kind]


def installed() -> list[Object]:
    """As the API server answers after Helm installed them."""
    objects = copy.deepcopy(list(installed_policies()))
    for obj in objects:
        obj["metadata"] |= {"uid": "u", "resourceVersion": "1", "annotations": {"meta.helm.sh/release-name": "tre"}}
        obj["metadata"]["labels"] = {"app.kubernetes.io/managed-by": "Helm"}
    return objects


def found(objects: list[Object]) -> list[tuple[str, str]]:
    return [(d.kind, d.target) for d in AdmissionWatch(Held(objects)).drift()]  # type: ignore[arg-type]


def test_installed_is_no_drift_and_each_policy_is_bound() -> None:
    assert found(installed()) == []
    policies = {o["metadata"]["name"] for o in installed_policies() if o["kind"] == "ValidatingAdmissionPolicy"}
    bound = {o["spec"]["policyName"] for o in installed_policies() if o["kind"].endswith("Binding")}
    assert policies == bound
    assert len(policies) >= 6


def test_each_removed_object_is_named() -> None:
    for gone in installed_policies():
        left = [
            o for o in installed() if (o["kind"], o["metadata"]["name"]) != (gone["kind"], gone["metadata"]["name"])
        ]
        assert found(left) == [("missing", f"{gone['kind']}/{gone['metadata']['name']}")]


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        ("ValidatingAdmissionPolicy", lambda o: o["spec"].update(failurePolicy="Ignore")),
        ("ValidatingAdmissionPolicy", lambda o: o["spec"]["validations"].clear()),
        ("ValidatingAdmissionPolicy", lambda o: o["spec"]["validations"][0].update(expression="true")),
        ("ValidatingAdmissionPolicy", lambda o: o["spec"]["matchConstraints"].update(namespaceSelector={"a": {}})),
        ("ValidatingAdmissionPolicy", lambda o: o["spec"].update(matchConditions=[{"expression": "false"}])),
        ("ValidatingAdmissionPolicyBinding", lambda o: o["spec"].update(validationActions=["Audit"])),
        ("ValidatingAdmissionPolicyBinding", lambda o: o["spec"].update(matchResources={"namespaceSelector": {}})),
    ],
)  # fmt: skip
def test_each_loosening_is_named(kind: str, change: Any) -> None:
    objects = installed()
    loosened = next(o for o in objects if o["kind"] == kind)
    change(loosened)
    assert {target for _, target in found(objects)} == {f"{kind}/{loosened['metadata']['name']}"}

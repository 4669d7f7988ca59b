"""Whole objects against what was rendered (design §2). Pure.

Server-side apply keeps fields that others added, so it is not enough that ours are as wanted: what is neither rendered
nor the server's own is drift. ``ALLOWED`` is the table of what API server and controllers add by themselves.
"""

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, Literal

Object = dict[str, Any]
_ANY = object()

_POD = {
    "restartPolicy": "Always", "terminationGracePeriodSeconds": 30, "dnsPolicy": "ClusterFirst",
    "schedulerName": "default-scheduler", "serviceAccount": _ANY,
    "containers.[].terminationMessagePath": "/dev/termination-log", "containers.[].terminationMessagePolicy": "File",
    "containers.[].*Probe.timeoutSeconds": 1, "containers.[].*Probe.successThreshold": 1,
    "containers.[].*Probe.failureThreshold": 3,
}  # fmt: skip

# what Helm and kubectl leave on what they install
_INSTALLED: dict[str, Any] = {
    "metadata.annotations.meta.helm.sh/*": _ANY, "metadata.labels.app.kubernetes.io/managed-by": "Helm",
    "metadata.annotations.kubectl.kubernetes.io/last-applied-configuration": _ANY,
}  # fmt: skip

# kind ("*": every kind) -> path -> the value that the server gives, or _ANY where it is the server's to choose
ALLOWED: dict[str, dict[str, Any]] = {
    "*": {
        "status": _ANY, "metadata.uid": _ANY, "metadata.resourceVersion": _ANY, "metadata.generation": _ANY,
        "metadata.creationTimestamp": _ANY, "metadata.managedFields": _ANY,
    },
    "Namespace": {"spec.finalizers": ["kubernetes"], "metadata.labels.kubernetes.io/metadata.name": _ANY},
    "Deployment": {
        "metadata.annotations.deployment.kubernetes.io/revision": _ANY, "spec.progressDeadlineSeconds": 600,
        "spec.revisionHistoryLimit": 10, "spec.template.metadata.creationTimestamp": None,
        **{f"spec.template.spec.{path}": value for path, value in _POD.items()},
    },
    "Service": {
        "spec.clusterIP": _ANY, "spec.clusterIPs": _ANY, "spec.ipFamilies": _ANY, "spec.ipFamilyPolicy": "SingleStack",
        "spec.internalTrafficPolicy": "Cluster", "spec.sessionAffinity": "None",
    },
    "ValidatingAdmissionPolicy": {
        **_INSTALLED, "spec.matchConstraints.matchPolicy": "Equivalent", "spec.matchConstraints.namespaceSelector": {},
        "spec.matchConstraints.objectSelector": {}, "spec.matchConstraints.*ules.[].scope": "*",
    },
    "ValidatingAdmissionPolicyBinding": _INSTALLED,
    "PersistentVolumeClaim": {
        "spec.volumeName": _ANY, "spec.storageClassName": _ANY, "spec.volumeMode": "Filesystem",
        "metadata.finalizers": ["kubernetes.io/pvc-protection"],
        "metadata.annotations.pv.kubernetes.io/*": _ANY, "metadata.annotations.volume.kubernetes.io/*": _ANY,
        "metadata.annotations.volume.beta.kubernetes.io/*": _ANY,
    },
}  # fmt: skip


@dataclass(frozen=True)
class Gap:
    """One field that is not as rendered. ``extra``: nobody rendered it, and apply alone would leave it there."""

    kind: Literal["missing", "changed", "extra"]
    path: str
    wanted: Any = None
    found: Any = None


def gaps(wanted: Object, live: Object) -> list[Gap]:
    """Where ``live`` is not ``wanted`` plus what the server adds."""
    return list(_walk(wanted, live, "", str(wanted["kind"])))


def whole(wanted: Object, live: Object) -> Object:
    """``wanted`` with the server's own fields of ``live``: what to put so that everybody else's fields go."""
    merged: Object = _merge(wanted, live, "", str(wanted["kind"]))
    return merged


def _allowed(kind: str, path: str, value: Any) -> bool:
    for table in (ALLOWED["*"], ALLOWED.get(kind, {})):
        for pattern, expected in table.items():
            if path == pattern or ("*" in pattern and fnmatchcase(path, pattern.replace("[]", "[[]]"))):
                return expected is _ANY or expected == value
    return False


def _only_allowed(kind: str, path: str, value: Any) -> Iterator[Gap]:
    """A field that was not rendered: the server's own, a folder that holds nothing else, or extra."""
    if _allowed(kind, path, value):
        return
    if isinstance(value, dict) and path in {"metadata", "metadata.labels", "metadata.annotations", "spec"}:
        for key, inner in value.items():
            yield from _only_allowed(kind, f"{path}.{key}", inner)
        return
    yield Gap("extra", path, found=value)


def _walk(wanted: Any, live: Any, path: str, kind: str) -> Iterator[Gap]:
    if isinstance(wanted, dict) and isinstance(live, dict):
        yield from _walk_fields(wanted, live, path, kind)
    elif isinstance(wanted, list) and isinstance(live, list):
        yield from _walk_items(wanted, live, path, kind)
    elif wanted != live:
        yield Gap("changed", path, wanted, live)


def _walk_fields(wanted: Object, live: Object, path: str, kind: str) -> Iterator[Gap]:
    for key, value in wanted.items():
        inner = f"{path}.{key}" if path else key
        if key in live:
            yield from _walk(value, live[key], inner, kind)
        elif value not in ({}, [], None, ""):
            yield Gap("missing", inner, wanted=value)
    for key, value in live.items():
        if key not in wanted:
            yield from _only_allowed(kind, f"{path}.{key}" if path else key, value)


def _walk_items(wanted: list[Any], live: list[Any], path: str, kind: str) -> Iterator[Gap]:
    if len(wanted) != len(live):
        yield Gap("extra" if len(live) > len(wanted) else "changed", path, wanted, live)
        return
    for one, other in zip(wanted, live, strict=True):
        yield from _walk(one, other, f"{path}.[]", kind)


def _merge(wanted: Any, live: Any, path: str, kind: str) -> Any:
    if isinstance(wanted, dict) and isinstance(live, dict):
        merged = {
            key: _merge(value, live.get(key), f"{path}.{key}" if path else key, kind) for key, value in wanted.items()
        }
        for key, value in live.items():
            inner = f"{path}.{key}" if path else key
            if key not in wanted and inner != "metadata.managedFields" and not list(_only_allowed(kind, inner, value)):
                merged[key] = deepcopy(value)
        return merged
    if isinstance(wanted, list) and isinstance(live, list) and len(wanted) == len(live):
        return [_merge(one, other, f"{path}.[]", kind) for one, other in zip(wanted, live, strict=True)]
    return deepcopy(wanted)

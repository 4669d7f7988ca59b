"""Acceptance check 9: what one project wrote is nowhere for another, even on the same node."""

import json
import secrets

import pytest

from tre.platform.cluster import Cluster
from tre.projects.desired import PlatformFacts
from tre.projects.desired.names import namespace
from tre.projects.desired.pods import container_security, pod_security
from tre.projects.desired.spec import Desired, Object
from tre.projects.reconciler.kubernetes import KubernetesProvider

pytestmark = pytest.mark.cluster
# Writes the canary where a person may write, or looks for it everywhere it can read, and says how often it was seen.
_PROGRAM = """
import json, os, sys
canary, write = os.environ["CANARY"], os.environ["WRITE"] == "yes"
places = ["/home/researcher", "/scratch", "/dev/shm"]
if write:
    for place in places:
        open(os.path.join(place, "canary"), "w").write(canary)
found = []
for place in places + ["/tmp", "/var", "/run", "/mnt", "/proc/self/environ"]:
    for folder, _, names in os.walk(place):
        for name in names:
            try:
                if canary.encode() in open(os.path.join(folder, name), "rb").read(1 << 20):
                    found.append(os.path.join(folder, name))
            except OSError:
                pass
json.dump(found, open("/dev/termination-log", "w"))
"""


def pod(project: Desired, facts: PlatformFacts, canary: str, write: bool) -> Object:
    """A notebook-like pod of anna's with her home."""
    container = {
        "name": "notebook", "image": facts.images["gateway"], "command": ["python", "-c", _PROGRAM],
        "env": [{"name": "CANARY", "value": canary}, {"name": "WRITE", "value": "yes" if write else "no"}],
        "securityContext": container_security(),
        "resources": {"requests": {"cpu": "10m", "memory": "32Mi"}, "limits": {"cpu": "500m", "memory": "128Mi"}},
        "volumeMounts": [{"name": "home", "mountPath": "/home/researcher"},
                         {"name": "scratch", "mountPath": "/scratch"}],
    }  # fmt: skip
    spec = {
        "restartPolicy": "Never", "serviceAccountName": "notebook", "automountServiceAccountToken": False,
        "securityContext": pod_security(), "containers": [container],
        "volumes": [{"name": "home", "persistentVolumeClaim": {"claimName": "home-anna"}},
                    {"name": "scratch", "emptyDir": {}}],
    }  # fmt: skip
    labels = {"tre/component": "notebook", "tre/person": "anna"}
    metadata = {"name": f"canary-{secrets.token_hex(3)}", "namespace": namespace(project.slug), "labels": labels}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}


def seen(worker: Cluster, made: Object) -> list[str]:
    """Run the pod to its end; where it saw the canary."""
    name, space = made["metadata"]["name"], made["metadata"]["namespace"]
    worker.create(made)
    try:
        worker.wait("the canary's pod", lambda: _state(worker, name, space) is not None, 90)
        state = _state(worker, name, space) or {}
        return list(json.loads(state["message"]))
    finally:
        worker.delete("v1", "Pod", name, space, grace_seconds=0)


def _state(worker: Cluster, name: str, space: str) -> dict[str, str] | None:
    live = worker.get("v1", "Pod", name, space) or {}
    states = live.get("status", {}).get("containerStatuses") or [{}]
    ended: dict[str, str] | None = states[0].get("state", {}).get("terminated")
    return ended


@pytest.mark.requirement("E9")
def test_a_canary_of_one_project_is_unreadable_in_another_and_gone_with_its_volume(
    worker: Cluster, provider: KubernetesProvider, facts: PlatformFacts, project_alone: Desired, project_b: Desired
) -> None:
    canary = f"canary-{secrets.token_hex(16)}"
    written = seen(worker, pod(project_alone, facts, canary, write=True))
    assert {path.split("/")[1] for path in written} >= {"home", "scratch", "dev"}  # positive control: it is written
    assert seen(worker, pod(project_alone, facts, canary, write=False)) == ["/home/researcher/canary"]  # what may last
    assert seen(worker, pod(project_b, facts, canary, write=False)) == []
    provider.destroy(project_alone.slug)
    assert provider.residue(project_alone.slug) == ()
    assert seen(worker, pod(project_b, facts, canary, write=False)) == []

"""What may be in a project's namespace without having been rendered: what our own objects spawned (design §2). Pure.

Labels prove nothing, anybody can write them: an owner counts by its uid, and a pod by what it runs.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tre.projects.desired.names import SERVICE_SECRET
from tre.projects.desired.spec import Desired, Object

Key = tuple[str, str]  # kind, name


def key_of(obj: Object) -> Key:
    """Kind and name: enough inside one namespace."""
    return str(obj["kind"]), str(obj["metadata"]["name"])


@dataclass(frozen=True)
class Household:
    """A namespace's live objects seen against what was rendered."""

    rendered: Mapping[Key, Object]
    live: tuple[Object, ...]
    by_uid: Mapping[str, Object] = field(default_factory=dict)

    @classmethod
    def of(cls, desired: Desired, live: Iterable[Object]) -> "Household":
        """Index both sides."""
        held = tuple(live)
        rendered = {key_of(obj): obj for obj in desired.objects}
        return cls(rendered, held, {obj["metadata"].get("uid", ""): obj for obj in held})

    def strangers(self) -> list[Object]:
        """Live objects that we neither rendered nor spawned."""
        return [obj for obj in self.live if not self.ours(obj)]

    def ours(self, obj: Object) -> bool:
        """True for what was rendered, for what rendered objects spawned, and for people's pods as they must be."""
        kind, name = key = key_of(obj)
        if key in self.rendered:
            return True
        if key in {("ConfigMap", "kube-root-ca.crt"), ("Secret", SERVICE_SECRET)}:
            return True
        if kind == "Endpoints":  # the legacy mirror of a Service: it has no owner reference
            return ("Service", name) in self.rendered
        owner = self._owner(obj)
        if owner is not None:
            return self.ours(owner) and (kind not in {"Pod", "ReplicaSet"} or self._runs_as_rendered(obj))
        return kind == "Pod" and self._person_pod(obj)

    def _owner(self, obj: Object) -> Object | None:
        for reference in obj["metadata"].get("ownerReferences") or []:
            found = self.by_uid.get(reference["uid"])
            if (
                reference.get("controller")
                and found is not None
                and key_of(found)
                == (
                    reference["kind"],
                    reference["name"],
                )
            ):
                return found
        return None

    def _deployment_of(self, obj: Object) -> Object | None:
        owner = self._owner(obj)
        while owner is not None and owner["kind"] != "Deployment":
            owner = self._owner(owner)
        return owner

    def _runs_as_rendered(self, obj: Object) -> bool:
        live = self._deployment_of(obj)
        wanted = self.rendered.get(key_of(live)) if live is not None else None
        if live is None or wanted is None:
            return False
        if obj["kind"] == "ReplicaSet" and not obj["spec"].get("replicas"):
            return True  # an old revision, asleep
        if obj["metadata"].get("deletionTimestamp") or _rolling(live):
            return True  # an old revision that ends while the new one starts
        running = obj["spec"]["template"]["spec"] if obj["kind"] == "ReplicaSet" else obj["spec"]
        return _substance(running) == _substance(wanted["spec"]["template"]["spec"])

    def _person_pod(self, pod: Object) -> bool:
        """A notebook, a Spark server, or our own probe: no token, no secret, at most its owner's home."""
        spec, labels = pod["spec"], pod["metadata"].get("labels") or {}
        person, component = labels.get("tre/person", ""), labels.get("tre/component")
        claims = {
            v["persistentVolumeClaim"]["claimName"] for v in spec.get("volumes", []) if "persistentVolumeClaim" in v
        }
        kinds = {kind for volume in spec.get("volumes", []) for kind in volume if kind != "name"}
        probe = labels.get("tre/probe") == "true" and not claims
        return (
            component in {"notebook", "spark"}
            and (probe or ("PersistentVolumeClaim", f"home-{person}") in self.rendered)
            and claims <= ({f"home-{person}"} if component == "notebook" else set())
            and kinds <= {"persistentVolumeClaim", "emptyDir", "configMap"}
            and spec.get("serviceAccountName") == ("notebook" if probe else component)
            and spec.get("automountServiceAccountToken") is False
            and not spec.get("ephemeralContainers")
        )


def _rolling(deployment: Object) -> bool:
    status, wanted = deployment.get("status", {}), deployment["spec"].get("replicas", 1)
    seen = status.get("observedGeneration") == deployment["metadata"].get("generation")
    return not seen or status.get("updatedReplicas", 0) != wanted or status.get("replicas", 0) != wanted


def _substance(spec: Mapping[str, Any]) -> dict[str, Any]:
    """What a pod runs, as whom, with what: the rest is scheduling."""
    containers = [*spec.get("initContainers", []), *spec.get("containers", [])]
    return {
        "runs": [
            (c["name"], c["image"], tuple(c.get("command") or ()), tuple(c.get("args") or ())) for c in containers
        ],
        "account": spec.get("serviceAccountName"),
        "volumes": sorted(v["name"] for v in spec.get("volumes", []) if not v["name"].startswith("kube-api-access-")),
        "host": [spec.get(key, False) for key in ("hostNetwork", "hostPID", "hostIPC")],
        "late": len(spec.get("ephemeralContainers") or []),
    }

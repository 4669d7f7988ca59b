"""Kubernetes as the control plane uses it: server-side apply with field manager ``tre``, lists, people's pods."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tre.core.errors import Invalid, NotFound, Temporary
from tre.platform.kubeapi import KubeApi, Object, ResourceType

FIELD_MANAGER = "tre"
Objects = list[Object]  # Cluster has a method named list
_APPLY = "application/apply-patch+yaml"  # JSON is YAML; servers before 1.32 know no other media type
_MERGE = "application/merge-patch+json"


@dataclass(frozen=True)
class PodInfo:
    """What a session needs to know of its pod."""

    name: str
    ip: str
    phase: str


def project_namespace(slug: str) -> str:
    """The namespace of one project."""
    return f"tre-p-{slug}"


class Cluster:
    """The cluster. Raises TreError subclasses only; Temporary when trying again may help."""

    def __init__(self, api: KubeApi | None = None) -> None:
        self.api = api or KubeApi()
        self._types: dict[tuple[str, str], ResourceType] = {}
        self._discovered = -1e9

    # --- kinds
    def types(self, max_age: float = 600) -> tuple[ResourceType, ...]:
        """Every listable kind; discovered again when older than ``max_age`` seconds."""
        if time.monotonic() - self._discovered > max_age:
            self._types = {(t.api_version, t.kind): t for t in self.api.discover()}
            self._discovered = time.monotonic()
        return tuple(self._types.values())

    def type_of(self, api_version: str, kind: str) -> ResourceType:
        """The kind's path; raises Invalid ``kind-unknown`` when the cluster does not serve it."""
        self.types()
        found = self._types.get((api_version, kind))
        if found is None:
            raise Invalid("kind-unknown", f"The cluster does not serve {api_version} {kind}.", "Check its version.")
        return found

    def _path(self, obj: Object) -> str:
        meta = obj["metadata"]
        return self.type_of(obj["apiVersion"], obj["kind"]).path(meta.get("namespace"), meta["name"])

    # --- whole objects
    def apply(self, obj: Object, dry_run: bool = False) -> Object:
        """Server-side apply, taking over fields that others set; returns what the server now holds."""
        query = {"fieldManager": FIELD_MANAGER, "force": "true"} | ({"dryRun": "All"} if dry_run else {})
        return dict(self.api.json("PATCH", self._path(obj), query, obj, {"Content-Type": _APPLY}))

    def create(self, obj: Object) -> Object:
        """Create; raises Conflict when the name is taken."""
        meta = obj["metadata"]
        path = self.type_of(obj["apiVersion"], obj["kind"]).path(meta.get("namespace"))
        return dict(self.api.json("POST", path, {"fieldManager": FIELD_MANAGER}, obj))

    def replace(self, obj: Object) -> Object:
        """Put the whole object, so that fields of other managers go; needs its resource version."""
        return dict(self.api.json("PUT", self._path(obj), {"fieldManager": FIELD_MANAGER}, obj))

    def get(self, api_version: str, kind: str, name: str, namespace: str | None = None) -> Object | None:
        """One object, or None."""
        try:
            return dict(self.api.json("GET", self.type_of(api_version, kind).path(namespace, name)))
        except NotFound:
            return None

    def list(self, api_version: str, kind: str, namespace: str | None = None, labels: str = "") -> Objects:
        """Every object of a kind, of one namespace or of the whole cluster."""
        return self.list_type(self.type_of(api_version, kind), namespace, labels)

    def list_type(
        self, wanted: ResourceType, namespace: str | None = None, labels: str = "", metadata_only: bool = False
    ) -> Objects:
        """The same by resource type. Items carry their apiVersion and kind, which lists leave out."""
        items = self.api.pages(wanted.path(namespace), {"labelSelector": labels} if labels else None, metadata_only)
        for item in items:
            item["apiVersion"], item["kind"] = wanted.api_version, wanted.kind
        return items

    def delete(self, api_version: str, kind: str, name: str, namespace: str | None = None,
               grace_seconds: int | None = None) -> bool:  # fmt: skip
        """Delete, and what it owns with it; False when it was not there."""
        body: dict[str, Any] = {"propagationPolicy": "Background"}
        if grace_seconds is not None:
            body["gracePeriodSeconds"] = grace_seconds
        try:
            self.api.request("DELETE", self.type_of(api_version, kind).path(namespace, name), body=body)
        except NotFound:
            return False
        return True

    def wait(self, what: str, ready: Callable[[], bool], seconds: float = 60, pause: float = 0.25) -> None:
        """Ask until ``ready``; raises Temporary ``cluster-slow`` after ``seconds``."""
        end = time.monotonic() + seconds
        while not ready():
            if time.monotonic() > end:
                raise Temporary("cluster-slow", f"Not ready after {seconds:.0f} s: {what}.", "It is tried again.")
            time.sleep(pause)

    # --- people's pods
    def session_pods(self, namespace: str | None = None, **labels: str) -> Objects:
        """Notebook pods, of one namespace or all; ``labels`` such as ``session`` and ``person`` narrow the list."""
        return self._people_pods("=notebook", namespace, labels)

    def _people_pods(self, component: str, namespace: str | None, labels: Mapping[str, str]) -> Objects:
        narrowed = [f"tre/{key}={value}" for key, value in sorted(labels.items())]
        chosen = ",".join([f"tre/component{component}", "tre/session", *narrowed])
        return self.list("v1", "Pod", namespace, chosen)

    def session_phases(self) -> dict[str, str]:
        """Session -> phase of its notebook's pod, of the whole cluster, in one LIST; those being deleted are gone."""
        return {
            pod["metadata"]["labels"]["tre/session"]: str(pod.get("status", {}).get("phase", "Unknown"))
            for pod in self.session_pods()
            if not pod["metadata"].get("deletionTimestamp")
        }

    def session_pod(self, slug: str, session_id: str) -> PodInfo | None:
        """The notebook's pod of a session, as the API server knows it: its address is not the pod's own claim."""
        return self._one("=notebook", slug, session_id)

    def spark_pod(self, slug: str, session_id: str) -> PodInfo | None:
        """The Spark server's pod of a session."""
        return self._one("=spark", slug, session_id)

    def _one(self, component: str, slug: str, session_id: str) -> PodInfo | None:
        pods = self._people_pods(component, project_namespace(slug), {"session": session_id})
        live = [p for p in pods if not p["metadata"].get("deletionTimestamp")]
        if len(live) != 1:
            return None
        status = live[0].get("status", {})
        return PodInfo(live[0]["metadata"]["name"], status.get("podIP", ""), status.get("phase", "Unknown"))

    def delete_session_pods(self, slug: str, session_id: str | None = None, person: str | None = None) -> int:
        """End the pods of a project's people, of one session or one person when given; returns how many."""
        labels = {k: v for k, v in (("session", session_id), ("person", person)) if v is not None}
        namespace = project_namespace(slug)
        pods = self._people_pods(" in (notebook,spark)", namespace, labels)
        for pod in pods:
            self.delete("v1", "Pod", pod["metadata"]["name"], namespace, grace_seconds=2)
        return len(pods)

    def scale(self, slug: str, deployment: str, replicas: int) -> None:
        """Set a Deployment's replicas: hub and gateway sleep at zero."""
        path = self.type_of("apps/v1", "Deployment").path(project_namespace(slug), deployment) + "/scale"
        body = {"spec": {"replicas": replicas}}
        self.api.request("PATCH", path, {"fieldManager": FIELD_MANAGER}, body, {"Content-Type": _MERGE})

    def service_ip(self, name: str, namespace: str = "tre-system") -> str:
        """The cluster address of a Service of the platform; raises NotFound."""
        service = self.get("v1", "Service", name, namespace)
        if service is None:
            raise NotFound("service-not-found", f"The cluster has no Service {namespace}/{name}.", "Check the chart.")
        return str(service["spec"]["clusterIP"])

    def api_servers(self) -> tuple[str, ...]:
        """``address:port`` of the API server's endpoints: what a policy sees after address translation."""
        slices = self.list("discovery.k8s.io/v1", "EndpointSlice", "default", "kubernetes.io/service-name=kubernetes")
        found = {
            f"{address}:{port['port']}"
            for piece in slices
            for endpoint in piece.get("endpoints") or []
            for address in endpoint["addresses"]
            for port in piece.get("ports") or []
        }
        return tuple(sorted(found))

    def pod_log(self, namespace: str, pod: str) -> str:
        """What a pod of ours printed."""
        path = self.type_of("v1", "Pod").path(namespace, pod) + "/log"
        return self.api.request("GET", path, headers={"Accept": "text/plain, application/json"}).decode(
            errors="replace"
        )

    def ready(self) -> None:
        """Raises TreError when the API server does not answer."""
        self.api.request("GET", "/version")

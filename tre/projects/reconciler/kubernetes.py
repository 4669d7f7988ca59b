"""The project's namespace and everything in it."""

import base64
import hashlib
import secrets
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from tre.core.errors import Conflict, Forbidden, Invalid, NotFound
from tre.platform.cluster import Cluster
from tre.platform.kubeapi import ResourceType
from tre.projects.desired.names import SERVICE_SECRET, namespace
from tre.projects.desired.spec import Desired, Object
from tre.projects.reconciler.compare import Gap, gaps, whole
from tre.projects.reconciler.providers import Difference, Outcome, Residue
from tre.projects.reconciler.spawned import Household, key_of

_PREFIX = "tre-p-"
# what happens and what is measured, not what is there
_NOT_STATE = {("v1", "Event"), ("events.k8s.io/v1", "Event")}
_NEVER_RECREATED = {"Namespace", "PersistentVolumeClaim"}
# named, never undone by a machine: a claim may hold somebody's work, a kind that we may not list is not ours to change
_LEFT_TO_PEOPLE = ("PersistentVolumeClaim/", "kind/")
_THREADS = 6


def _target(obj: Object) -> str:
    kind, name = key_of(obj)
    return f"{kind}/{name}"


def _short(value: object) -> str:
    text = "" if value is None else str(value)
    return text if len(text) <= 120 else f"{text[:117]}..."


class KubernetesProvider:
    """Server-side apply with field manager ``tre``; drift by whole objects, one LIST a kind."""

    name = "kubernetes"

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    # --- ensure
    def ensure(self, desired: Desired) -> Outcome:
        """Apply in order, make the project's secret when it is absent, then put right what apply alone would leave."""
        head, rest = desired.objects[0], desired.objects[1:]
        self._cluster.apply(head)
        token_hash = self._ensure_secret(desired.slug)
        for obj in rest:
            self._apply(obj)
        self.repair(desired, self.drift(desired))
        return Outcome(self.name, len(desired.objects) + 1, {"service_token_sha256": token_hash})

    def _apply(self, obj: Object) -> None:
        try:
            self._cluster.apply(obj)
        except (Invalid, Conflict):
            # a field that cannot change was changed: the object is made anew, unless it holds data
            if obj["kind"] in _NEVER_RECREATED:
                raise
            self._delete(obj)
            self._cluster.apply(obj)

    def _ensure_secret(self, slug: str) -> str:
        token = self.service_token(slug)
        if token is None:
            token = secrets.token_urlsafe(32)
            values = {
                "service-token": token,
                "gateway-token": secrets.token_urlsafe(32),
                "crypt-key": secrets.token_hex(32),
            }
            try:
                self._cluster.create(_secret(slug, values))
            except Conflict:
                token = self.service_token(slug) or token
        return hashlib.sha256(token.encode()).hexdigest()

    def service_token(self, slug: str) -> str | None:
        """What the project's hub and gateway present to the control plane, or None before ``ensure``."""
        held = self._cluster.get("v1", "Secret", SERVICE_SECRET, namespace(slug))
        value = (held or {}).get("data", {}).get("service-token")
        return base64.b64decode(value).decode() if value else None

    # --- drift
    def drift(self, desired: Desired) -> tuple[Difference, ...]:
        """What differs in one project: a LIST a kind, of its namespace alone."""
        space = namespace(desired.slug)
        head = self._cluster.get("v1", "Namespace", space)
        live, blind = self._observe(space)
        return self._differences(desired, head, live.get(space, []), blind)

    def drift_all(self, all_desired: Iterable[Desired]) -> dict[str, tuple[Difference, ...]]:
        """The same for all projects: a LIST a kind for the whole cluster, whatever the number of projects.

        The key ``""`` holds namespaces named like a project's that belong to none.
        """
        heads = {obj["metadata"]["name"]: obj for obj in self._cluster.list("v1", "Namespace")}
        live, blind = self._observe(None)
        found: dict[str, tuple[Difference, ...]] = {}
        for desired in all_desired:
            space = namespace(desired.slug)
            found[desired.slug] = self._differences(desired, heads.pop(space, None), live.get(space, []), blind)
        orphans = sorted(name for name in heads if name.startswith(_PREFIX))
        found[""] = tuple(Difference(self.name, "extra", f"Namespace/{name}") for name in orphans)
        return found

    def _observe(self, space: str | None) -> tuple[dict[str, list[Object]], list[Difference]]:
        wanted = [t for t in self._cluster.types() if t.namespaced and (t.api_version, t.kind) not in _NOT_STATE]
        wanted = [t for t in wanted if not t.api_version.startswith("metrics.k8s.io/")]
        live: dict[str, list[Object]] = {}
        blind: list[Difference] = []
        with ThreadPoolExecutor(_THREADS) as pool:
            for items, difference in pool.map(lambda t: self._list(t, space), wanted):
                blind += [difference] if difference else []
                for item in items:
                    where = item["metadata"]["namespace"]
                    if where.startswith(_PREFIX):
                        live.setdefault(where, []).append(item)
        return live, blind

    def _list(self, wanted: ResourceType, space: str | None) -> tuple[list[Object], Difference | None]:
        try:
            # of secrets only the names: their values are nobody's business here
            return self._cluster.list_type(wanted, space, metadata_only=wanted.kind == "Secret"), None
        except NotFound:
            return [], None  # the kind went away since discovery
        except Forbidden:
            # what we may not see may hold anything: say so, rather than call the project sound
            found = "may not be listed by the control plane"
            return [], Difference(self.name, "extra", f"kind/{wanted.kind}", found=found)

    def _differences(
        self, desired: Desired, head: Object | None, live: list[Object], blind: list[Difference]
    ) -> tuple[Difference, ...]:
        held = {key_of(obj): obj for obj in live}
        if head is not None:
            held[key_of(head)] = head
        found = list(blind)
        for obj in desired.objects:
            present = held.get(key_of(obj))
            if present is None:
                found.append(Difference(self.name, "missing", _target(obj)))
            else:
                found += [self._difference(obj, gap) for gap in gaps(obj, present)]
        if head is not None and ("Secret", SERVICE_SECRET) not in held:
            found.append(Difference(self.name, "missing", f"Secret/{SERVICE_SECRET}"))
        found += [Difference(self.name, "extra", _target(obj)) for obj in Household.of(desired, live).strangers()]
        return tuple(sorted(found))

    def _difference(self, obj: Object, gap: Gap) -> Difference:
        return Difference(self.name, gap.kind, _target(obj), gap.path, _short(gap.wanted), _short(gap.found))

    # --- repair
    def repair(self, desired: Desired, differences: Iterable[Difference]) -> int:
        """Put right exactly these differences; returns how many objects were touched."""
        rendered = {_target(obj): obj for obj in desired.objects}
        wrong: dict[str, list[Difference]] = {}
        for difference in differences:
            wrong.setdefault(difference.target, []).append(difference)
        for target, found in wrong.items():
            if target == f"Secret/{SERVICE_SECRET}":
                self._ensure_secret(desired.slug)
            elif target in rendered:
                self._put_right(rendered[target], any(d.kind == "extra" for d in found))
            elif not target.startswith(_LEFT_TO_PEOPLE):
                self._remove(target, namespace(desired.slug))
        return len(wrong)

    def _put_right(self, obj: Object, others_fields: bool) -> None:
        live = self._live(obj) if others_fields else None
        if live is None:
            self._apply(obj)
            return
        try:
            self._cluster.replace(whole(obj, live))
        except Invalid:
            if obj["kind"] in _NEVER_RECREATED:
                raise
            self._delete(obj)
        self._apply(obj)

    def _live(self, obj: Object) -> Object | None:
        meta = obj["metadata"]
        return self._cluster.get(obj["apiVersion"], obj["kind"], meta["name"], meta.get("namespace"))

    def _delete(self, obj: Object) -> None:
        meta = obj["metadata"]
        self._cluster.delete(obj["apiVersion"], obj["kind"], meta["name"], meta.get("namespace"))
        self._cluster.wait(f"end of {_target(obj)}", lambda: self._live(obj) is None, 30)

    def _remove(self, target: str, space: str) -> None:
        kind, _, name = target.partition("/")
        for found in self._cluster.types():
            if found.kind == kind and found.namespaced:
                self._cluster.delete(found.api_version, kind, name, space)

    # --- the end
    def destroy(self, slug: str) -> None:
        """Delete the namespace and wait until it and its volumes are gone; raises Temporary while they are not."""
        space = namespace(slug)
        self._cluster.delete("v1", "Namespace", space)
        self._cluster.wait(f"end of {space}", lambda: not self.residue(slug), 120, 0.5)

    def residue(self, slug: str) -> tuple[Residue, ...]:
        """The namespace, what it still holds, and volumes that its claims were bound to."""
        space = namespace(slug)
        found: list[Residue] = []
        if self._cluster.get("v1", "Namespace", space) is not None:
            found.append(Residue(self.name, f"Namespace/{space}"))
            held = self._observe(space)[0].get(space, [])
            found += [Residue(self.name, _target(obj)) for obj in held]
        for volume in self._cluster.list("v1", "PersistentVolume"):
            if (volume["spec"].get("claimRef") or {}).get("namespace") == space:
                found.append(Residue(self.name, _target(volume)))
        return tuple(sorted(found))


def _secret(slug: str, values: dict[str, str]) -> Object:
    labels = {"app.kubernetes.io/managed-by": "tre", "tre/project": slug, "tre/component": "hub"}
    metadata = {"name": SERVICE_SECRET, "namespace": namespace(slug), "labels": labels}
    return {
        "apiVersion": "v1", "kind": "Secret", "type": "Opaque", "immutable": True, "metadata": metadata,
        "stringData": values,
    }  # fmt: skip

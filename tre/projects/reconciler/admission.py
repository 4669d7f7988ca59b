"""Whether the admission policies that guard project namespaces are in force as they were installed.

The worker may read them and not write them: who could switch them off must not be the one who watches. A difference is
alerted; it is put right by installing the chart again.
"""

from collections.abc import Iterable

import yaml

from tre.core.errors import Unavailable
from tre.platform.cluster import Cluster
from tre.projects.desired.spec import Desired, Object
from tre.projects.desired.storage import policy_folders
from tre.projects.reconciler.compare import gaps
from tre.projects.reconciler.providers import Difference

_API = "admissionregistration.k8s.io/v1"
_KINDS = ("ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding")


def installed_policies() -> tuple[Object, ...]:
    """The objects under ``policies/admission``; raises Unavailable ``policy-missing``."""
    for folder in policy_folders():
        files = sorted((folder / "admission").glob("*.yaml"))
        if files:
            return tuple(obj for file in files for obj in yaml.safe_load_all(file.read_text()) if obj)
    raise Unavailable("policy-missing", "The admission policies are not installed.", "Set TRE_POLICIES_DIR.")


class AdmissionWatch:
    """Looks at the policies; belongs to no project, so that all it finds is under ``""``."""

    name = "admission"

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    def drift(self) -> tuple[Difference, ...]:
        """What is missing or changed."""
        live = {(kind, o["metadata"]["name"]): o for kind in _KINDS for o in self._cluster.list(_API, kind)}
        found: list[Difference] = []
        for wanted in installed_policies():
            target = f"{wanted['kind']}/{wanted['metadata']['name']}"
            present = live.get((wanted["kind"], wanted["metadata"]["name"]))
            if present is None:
                found.append(Difference(self.name, "missing", target))
            else:
                found += [Difference(self.name, gap.kind, target, gap.path) for gap in gaps(wanted, present)]
        return tuple(found)

    def drift_all(self, _all_desired: Iterable[Desired]) -> dict[str, tuple[Difference, ...]]:
        """The same in the shape of a sweep."""
        return {"": self.drift()}

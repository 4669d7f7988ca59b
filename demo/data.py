"""The demonstration's data: open clinical data that ships inside a package, taken from the R image itself."""

import csv
import io
import json
import uuid

from demo import paths
from demo.install import kubectl

_NAMESPACE = "tre-demo-data"


def _restricted(name: str, image: str, script: str) -> str:
    security = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}, "runAsNonRoot": True,
                "seccompProfile": {"type": "RuntimeDefault"}}  # fmt: skip
    container = {"name": "r", "image": image, "command": ["Rscript", "-e", script], "securityContext": security}
    return json.dumps(
        {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": _NAMESPACE},
         "spec": {"restartPolicy": "Never", "automountServiceAccountToken": False, "containers": [container]}}
    )  # fmt: skip


def survival(table: str) -> bytes:
    """A data frame of R's package `survival` as CSV."""
    if not kubectl("get", "namespace", _NAMESPACE, "--ignore-not-found", "-o", "name"):
        kubectl("create", "namespace", _NAMESPACE)
    name = f"{table}-{uuid.uuid4().hex[:8]}"
    script = f"write.csv(survival::{table}, row.names=FALSE, quote=FALSE, na='')"
    kubectl("apply", "-f", "-", stdin=_restricted(name, paths.images()["r"], script))
    kubectl("wait", "-n", _NAMESPACE, f"pod/{name}", "--for=jsonpath={.status.phase}=Succeeded", "--timeout=120s")
    text = kubectl("logs", "-n", _NAMESPACE, name)
    kubectl("delete", "-n", _NAMESPACE, f"pod/{name}", "--wait=false")
    return text.encode()


def variables(table: bytes) -> list[str]:
    """The columns of a CSV."""
    return next(csv.reader(io.StringIO(table.decode())))

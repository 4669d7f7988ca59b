"""Kubeconfig files, written as JSON, which every reader of YAML understands."""

from __future__ import annotations

import base64
import json
from pathlib import Path

from devcluster.files import write
from devcluster.paths import Paths

COMPONENTS = ("controller-manager", "scheduler", "kubelet", "proxy", "netpol", "provisioner")


def document(paths: Paths, url: str, name: str) -> dict[str, object]:
    """Return the kubeconfig of the client certificate `name`, with all data inside so that the file can be copied."""
    user = {
        "client-certificate-data": _data(paths.certs / f"{name}.crt"),
        "client-key-data": _data(paths.certs / f"{name}.key"),
    }
    cluster = {"server": url, "certificate-authority-data": _data(paths.ca / "cluster-ca.crt")}
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "tre-dev", "cluster": cluster}],
        "users": [{"name": name, "user": user}],
        "contexts": [{"name": "tre-dev", "context": {"cluster": "tre-dev", "user": name}}],
        "current-context": "tre-dev",
    }


def write_all(paths: Paths, url: str) -> None:
    """Write the administrator's kubeconfig and one for each component."""
    files = {paths.kubeconfig: "admin", **{paths.config / f"{name}.kubeconfig": name for name in COMPONENTS}}
    for path, name in files.items():
        write(path, json.dumps(document(paths, url, name), indent=1), mode=0o600)


def _data(path: Path) -> str:
    return base64.b64encode(path.read_bytes()).decode()

"""Kubeconfig files, written as JSON, which every reader of YAML understands."""

from __future__ import annotations

import base64
import json
import os
from pathlib import Path

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
    _write(paths.kubeconfig, document(paths, url, "admin"))
    for name in COMPONENTS:
        _write(paths.config / f"{name}.kubeconfig", document(paths, url, name))


def _write(path: Path, content: dict[str, object]) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(content, file, indent=1)


def _data(path: Path) -> str:
    return base64.b64encode(path.read_bytes()).decode()

"""A cluster that somebody else runs, named by TRE_KUBECONFIG."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from devcluster.errors import DevClusterError
from devcluster.paths import Paths
from devcluster.progress import say
from devcluster.shell import run


def check(paths: Paths, kubeconfig: str) -> None:
    """Check that the cluster answers.

    Raises DevClusterError with kubectl's words when it does not, or when there is no kubectl.
    """
    if not Path(kubeconfig).is_file():
        raise DevClusterError(f"TRE_KUBECONFIG names {kubeconfig}, which is not a file.")
    search = f"{paths.bin}:{os.environ.get('PATH', '')}"
    kubectl = shutil.which("kubectl", path=search)
    if kubectl is None:
        raise DevClusterError("kubectl is not installed: install it, or run `python3 -m devcluster build`.")
    base = [kubectl, f"--kubeconfig={kubeconfig}", "--request-timeout=10s"]
    run([*base, "get", "--raw=/readyz"])
    classes = run([*base, "get", "storageclass", "-o", "jsonpath={.items[*].metadata.annotations}"])
    if '"storageclass.kubernetes.io/is-default-class":"true"' not in classes:
        raise DevClusterError("The cluster of TRE_KUBECONFIG answers, but has no default StorageClass: make one.")
    say(f"The cluster of TRE_KUBECONFIG ({kubeconfig}) answers; nothing was started here.")

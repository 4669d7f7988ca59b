"""The development cluster does what the rest of the tests rely on."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]


@pytest.mark.cluster
@pytest.mark.skipif("TRE_KUBECONFIG" in os.environ, reason="the cluster is somebody else's")
def test_every_probe_of_the_self_check_holds() -> None:
    """Policy, host ports, volumes, registry, tokens and audit, each denial beside the same probe where it succeeds."""
    done = subprocess.run(
        [sys.executable, "-m", "devcluster", "check"],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "without policies: pod → API server's service answers" in done.stdout
    assert "default-deny: pod → API server's service does not answer" in done.stdout

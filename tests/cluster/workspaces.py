"""A provisioned project on the cluster, and a browser that reaches it through the real ingress."""

import os
import socket
import ssl
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.support.workspace import Reached, WorkspaceBrowser

INSIDE = Path(__file__).with_name("inside.py")
WORK_DOMAIN = os.environ.get("TRE_WORK_DOMAIN", "work.tre.localhost")


def inside(*arguments: str) -> str:
    """Run a verb of ``inside.py`` in the control plane's pod; raises AssertionError with its error."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    kubectl = cache / "tre/bin/kubectl"
    command = [str(kubectl) if kubectl.exists() else "kubectl", "-n", "tre-system", "exec", "-i", "deploy/tre-control"]
    command += ["-c", "tre-control", "--", "/opt/tre/bin/python", "-", *arguments]
    done = subprocess.run(command, input=INSIDE.read_text(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout.strip()


def provision(slug: str, person: str, seconds: float = 180) -> None:
    """Make a project and wait until it is active."""
    inside("make", slug, person)
    deadline = time.monotonic() + seconds
    while (state := inside("state", slug)) != "active":
        assert state in {"authorised", "provisioning"}, state
        assert time.monotonic() < deadline, f"still {state}"
        time.sleep(2)


def _untrusting() -> ssl.SSLContext:
    """The development authority is in no store of this process; what is tested is not TLS."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


class ClusterBrowser(WorkspaceBrowser):
    """Every host is the ingress, on this machine."""

    def __init__(self, slug: str, person: str) -> None:
        super().__init__(slug, person, WORK_DOMAIN)

    def open(self, ticket: Callable[[], str], profile: str = "python", seconds: float = 200) -> None:
        """Start once the ingress knows the project's hosts and its hub answers; tickets last a minute."""
        deadline = time.monotonic() + 90
        while self.once("GET", f"https://{self.hub_host}/hub/login").status_code != 302:
            assert time.monotonic() < deadline, "the hub does not answer"
            time.sleep(1)
        self.start(ticket(), profile, seconds)

    def reach(self, host: str) -> Reached:
        return Reached("https://127.0.0.1", {}, {"sni_hostname": host})

    def websocket(self, path: str) -> tuple[str, dict[str, Any]]:
        return f"wss://{self.notebook_host}{path}", {
            "sock": socket.create_connection(("127.0.0.1", 443)),
            "ssl": _untrusting(),
            "server_hostname": self.notebook_host,
        }

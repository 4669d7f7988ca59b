"""A MinIO of our own: one process, one disk folder, a generated root key."""

import os
import secrets
import shutil
import socket
import tempfile
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from urllib.error import URLError

from tests.services.process import ServerProcess, cache_bin, free_port


class MinioServer:
    """``start()``, ``endpoint``, ``access_key``, ``secret_key``, ``stop()``.

    ``env`` adds server settings (for example a KES endpoint, so that keys per project work).
    """

    region = "eu-local-1"
    secure = False

    def __init__(self, env: Mapping[str, str] | None = None) -> None:
        self._binary = cache_bin("minio")
        self.port = free_port()
        self.endpoint = f"127.0.0.1:{self.port}"
        self.access_key = f"root{secrets.token_hex(6)}"
        self.secret_key = secrets.token_urlsafe(24)
        self.root = Path(tempfile.mkdtemp(prefix="tre-minio-"))
        self._extra = dict(env or {})
        self._server: ServerProcess | None = None

    def start(self) -> "MinioServer":
        env = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.root),
            "MINIO_ROOT_USER": self.access_key,
            "MINIO_ROOT_PASSWORD": self.secret_key,
            "MINIO_SITE_REGION": self.region,
            "MINIO_BROWSER": "off",
            "MINIO_UPDATE": "off",
            **self._extra,
        }
        argv = [str(self._binary), "server", str(self.root / "disk"), "--address", self.endpoint, "--quiet"]
        self._server = ServerProcess(argv, self.root / "log", env)
        self._server.wait_until(self._answers)
        return self

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1):
                pass
            with urllib.request.urlopen(f"http://{self.endpoint}/minio/health/cluster", timeout=2) as reply:
                return bool(reply.status == 200)
        except (URLError, OSError):
            return False

    def stop(self) -> None:
        if self._server:
            self._server.stop()
        shutil.rmtree(self.root, ignore_errors=True)

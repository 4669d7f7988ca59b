"""The platform's storage as it really runs: OpenBao, the KES bridge in front of it, and MinIO that uses the bridge."""

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import uvicorn

from tests.services.certificates import Authority
from tests.services.minio import MinioServer
from tests.services.openbao import OpenBaoServer
from tests.services.process import free_port
from tre.platform.kes_bridge import BridgeFiles, build_server
from tre.platform.objectstore import ObjectStore, S3Access
from tre.platform.setup import SetupOptions, setup_vault
from tre.platform.vault import Vault

POLICIES = Path(__file__).parents[3] / "policies"


@dataclass
class Bridge:
    """A running bridge and the authority that signed its clients."""

    address: str
    authority: Authority
    folder: Path


@pytest.fixture(scope="session")
def vault(openbao: OpenBaoServer) -> Vault:
    """Vault after ``tre platform setup``."""
    vault = Vault.with_token(openbao.address, openbao.root_token)
    assert list(setup_vault(vault, SetupOptions(policies=POLICIES)))
    return vault


@pytest.fixture(scope="session")
def bridge(vault: Vault, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bridge]:
    """The bridge on a loopback port, admitting the certificate ``minio``."""
    folder = tmp_path_factory.mktemp("bridge")
    authority = Authority(folder)
    authority.leaf("tls")
    (folder / "clients.crt").write_bytes(authority.leaf("minio").read_bytes())
    port = free_port()
    server = build_server(vault, BridgeFiles(folder), "127.0.0.1", port)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    _wait_started(server)
    yield Bridge(f"https://127.0.0.1:{port}", authority, folder)
    server.should_exit = True
    thread.join(timeout=10)


def _wait_started(server: uvicorn.Server) -> None:
    end = time.monotonic() + 10
    while not server.started:
        assert time.monotonic() < end, "the bridge did not start"
        time.sleep(0.02)


@pytest.fixture(scope="session")
def kes_minio(bridge: Bridge) -> Iterator[MinioServer]:
    """MinIO with its keys in Vault."""
    env = {
        "MINIO_KMS_KES_ENDPOINT": bridge.address,
        "MINIO_KMS_KES_CERT_FILE": str(bridge.folder / "minio.crt"),
        "MINIO_KMS_KES_KEY_FILE": str(bridge.folder / "minio.key"),
        "MINIO_KMS_KES_CAPATH": str(bridge.folder / "ca.crt"),
        "MINIO_KMS_KES_KEY_NAME": "archive",
    }
    server = MinioServer(env)
    try:
        yield server.start()
    finally:
        server.stop()


@pytest.fixture(scope="session")
def store(kes_minio: MinioServer) -> ObjectStore:
    """The platform's own access to it."""
    access = S3Access(kes_minio.endpoint, kes_minio.access_key, kes_minio.secret_key, kes_minio.region, secure=False)
    return ObjectStore(access)

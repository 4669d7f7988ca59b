"""Built images, mounted once; a MinIO with TLS out of its own image; the files that a session finds."""

from __future__ import annotations

import json
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from minio import Minio
from urllib3 import PoolManager

from tests.images.container import Container, Setting, container
from tests.services.certificates import Authority
from tests.services.process import free_port

ROOT_USER, ROOT_KEY = "image-test-root", "image-test-root-key"
BUCKET_INPUTS, BUCKET_WORK = "tre-demo-inputs", "tre-demo-work"


@pytest.fixture(scope="session")
def image() -> Iterator[Callable[[str], Container]]:
    """Mounts an image on first use and keeps it until the last test."""
    mounted: dict[str, Container] = {}
    with ExitStack() as stack:

        def mount(name: str) -> Container:
            if name not in mounted:
                mounted[name] = stack.enter_context(container(name))
            return mounted[name]

        yield mount


@contextmanager
def serving(box: Container, command: list[str], setting: Setting, ready: Callable[[], bool]) -> Iterator[None]:
    """A server in a container, until it is ready and as long as the block runs."""
    with box.bundle(command, setting) as (arguments, _):
        process = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        try:
            _wait(process, ready, setting.timeout)
            yield
        finally:
            process.terminate()
            try:
                process.communicate(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.communicate()


def _wait(process: subprocess.Popen[str], ready: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not ready():
        ended = process.poll() is not None
        if ended or time.monotonic() > deadline:
            process.kill()
            output = process.communicate()[0]
            raise AssertionError(f"the server {'ended' if ended else 'did not get ready'}: {output[-3000:]}")
        time.sleep(0.3)


def answers(url: str, headers: dict[str, str] | None = None) -> int:
    """The status of a GET; 0 when nobody answers."""
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers or {}), timeout=5) as reply:
            return int(reply.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


@dataclass(frozen=True)
class Session:
    """An object store and the folder of files that a pod's init container would have written."""

    files: Path
    authority: Path
    store: Minio

    def setting(self, timeout: float = 120) -> Setting:
        files, ca = "/var/run/tre", "/etc/tre/ca/ca.crt"
        env = {
            "AWS_CONFIG_FILE": f"{files}/aws-config", "AWS_SHARED_CREDENTIALS_FILE": f"{files}/aws-credentials",
            "AWS_CA_BUNDLE": ca, "SSL_CERT_FILE": ca, "REQUESTS_CA_BUNDLE": ca,
            "TRE_WORKSPACE_FILE": f"{files}/workspace.json",
        }  # fmt: skip
        binds = ((self.files, files), (self.authority.parent, "/etc/tre/ca"))
        writable = ("/tmp", "/home/researcher")
        return Setting(env=env, writable=writable, binds=binds, host_network=True, timeout=timeout)


@pytest.fixture(scope="session")
def workspace(image: Callable[[str], Container], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    """MinIO over TLS from our image, two buckets, and a session's files."""
    authority = tmp_path_factory.mktemp("ca")
    Authority(authority).leaf("minio")
    certificates = tmp_path_factory.mktemp("certificates")
    (authority / "minio.crt").rename(certificates / "public.crt")
    (authority / "minio.key").rename(certificates / "private.key")
    for path in (*certificates.iterdir(), certificates, authority, authority / "ca.crt"):
        path.chmod(0o755)
    port = free_port()
    endpoint = f"https://localhost:{port}"
    setting = Setting(
        env={"MINIO_ROOT_USER": ROOT_USER, "MINIO_ROOT_PASSWORD": ROOT_KEY, "MINIO_SITE_REGION": "eu-local-1"},
        writable=("/tmp", "/data"), binds=((certificates, "/certs"),), host_network=True,
    )  # fmt: skip
    pool = PoolManager(ca_certs=str(authority / "ca.crt"))
    store = Minio(
        endpoint=f"localhost:{port}", access_key=ROOT_USER, secret_key=ROOT_KEY, region="eu-local-1", http_client=pool
    )
    command = ["minio", "server", "/data", "--certs-dir", "/certs", "--address", f"127.0.0.1:{port}", "--quiet"]

    def ready() -> bool:
        try:
            return int(pool.request("GET", f"{endpoint}/minio/health/ready", retries=False, timeout=2).status) == 200
        except Exception:
            return False

    with serving(image("minio"), command, setting, ready):
        for bucket in (BUCKET_INPUTS, BUCKET_WORK):
            store.make_bucket(bucket_name=bucket)
        yield Session(_session_files(tmp_path_factory.mktemp("session"), endpoint), authority / "ca.crt", store)


def _session_files(folder: Path, endpoint: str) -> Path:
    """The files of `tre.sessions.plan.credential_files`, readable by the image's user."""
    place = {"endpoint": endpoint, "region": "eu-local-1", "inputs": BUCKET_INPUTS, "work": BUCKET_WORK}
    contents = {
        "workspace.json": json.dumps({"project": "demo", "s3": place}),
        "aws-credentials": f"[default]\naws_access_key_id = {ROOT_USER}\naws_secret_access_key = {ROOT_KEY}\n",
        "aws-config": (
            f"[default]\nregion = eu-local-1\nendpoint_url = {endpoint}\nca_bundle = /etc/tre/ca/ca.crt\n"
            "s3 =\n    addressing_style = path\n"
        ),
    }
    folder.chmod(0o755)
    for name, content in contents.items():
        (folder / name).write_text(content, encoding="utf-8")
        (folder / name).chmod(0o444)
    return folder

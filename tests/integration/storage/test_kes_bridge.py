"""The KES bridge: who may call, and what a key can and cannot do. MinIO itself uses it in ``test_objectstore``."""

import base64
import ssl
import uuid
from typing import Any

import httpx
import pytest

from tests.integration.storage.conftest import Bridge
from tre.platform.vault import Vault

pytestmark = pytest.mark.integration


def client(bridge: Bridge, name: str | None) -> httpx.Client:
    context = ssl.create_default_context(cafile=str(bridge.folder / "ca.crt"))
    if name:
        context.load_cert_chain(bridge.folder / f"{name}.crt", bridge.folder / f"{name}.key")
    return httpx.Client(base_url=bridge.address, verify=context)


def test_only_the_listed_certificate_may_call(bridge: Bridge) -> None:
    bridge.authority.leaf("somebody-else")  # of the same authority
    for name in (None, "somebody-else"):
        with (
            client(bridge, name) as stranger,
            pytest.raises((httpx.ReadError, httpx.ConnectError, httpx.RemoteProtocolError)),
        ):
            stranger.get("/version")
    with client(bridge, "minio") as minio:  # positive control
        assert minio.get("/version").status_code == 200


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def test_a_data_key_comes_back_with_its_context_only(bridge: Bridge) -> None:
    name = f"p-{uuid.uuid4().hex[:8]}"
    with client(bridge, "minio") as minio:
        assert minio.post(f"/v1/key/create/{name}").status_code == 200
        assert minio.post(f"/v1/key/create/{name}").json() == {"message": "key already exists"}
        assert minio.get(f"/v1/key/describe/{name}").json()["name"] == name
        assert name in minio.get("/v1/key/list/p-").json()["names"]
        made = minio.post(f"/v1/key/generate/{name}", json={"context": b64(b"bucket/key")}).json()
        assert len(base64.b64decode(made["plaintext"])) == 32
        back = minio.post(
            f"/v1/key/decrypt/{name}", json={"ciphertext": made["ciphertext"], "context": b64(b"bucket/key")}
        )
        assert back.json()["plaintext"] == made["plaintext"]
        wrong = minio.post(f"/v1/key/decrypt/{name}", json={"ciphertext": made["ciphertext"], "context": b64(b"other")})
        assert (wrong.status_code, wrong.json()["message"]) == (400, "decryption failed: ciphertext is not authentic")


def test_an_unknown_or_destroyed_key_is_not_found_and_not_made_by_use(bridge: Bridge, vault: Vault) -> None:
    name = f"p-{uuid.uuid4().hex[:8]}"
    with client(bridge, "minio") as minio:
        for call in (
            lambda: minio.post(f"/v1/key/generate/{name}", json={}),
            lambda: minio.get(f"/v1/key/describe/{name}"),
        ):
            assert (call().status_code, call().json()) == (404, {"message": "key does not exist"})
    assert not vault.key_exists(name)


@pytest.mark.parametrize(
    ("path", "body"),
    [("/v1/key/generate/archive", b"{"), ("/v1/key/generate/archive", b"[]"), ("/v1/key/create/..%2Fx", b""),
     ("/v1/key/create/UPPER", b""), ("/v1/key/decrypt/archive", b'{"ciphertext": "!!"}')],
)  # fmt: skip
def test_a_malformed_call_is_refused(bridge: Bridge, path: str, body: Any) -> None:
    with client(bridge, "minio") as minio:
        assert minio.post(path, content=body).status_code in {400, 404, 422}

"""MinIO's KES protocol in front of Vault transit: a key per project, so that closing one destroys its key (design §6).

Only the calls that MinIO makes are spoken. The client must present one of the listed certificates: being signed by the
same authority is not enough. Keys are made, used and described here, never deleted: that is the control plane's alone.
Messages are the protocol's own, since MinIO compares them.
"""

import base64
import secrets
import ssl
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tre.core.errors import Invalid, NotFound, TreError, Unavailable
from tre.core.ids import SLUG
from tre.core.settings import Settings
from tre.platform.vault import Vault

PORT = 7373
_ABSENT = JSONResponse({"message": "key does not exist"}, status_code=404)
_STARTED = time.monotonic()
_METHODS = {
    "/version": "GET", "/v1/status": "GET", "/v1/ready": "GET", "/v1/api": "GET", "/v1/key/create/": "POST",
    "/v1/key/describe/": "GET", "/v1/key/generate/": "POST", "/v1/key/decrypt/": "POST", "/v1/key/list/": "GET",
}  # fmt: skip


@dataclass(frozen=True)
class BridgeFiles:
    """The server's certificate and key, and the certificates of the clients that may call (PEM, one after another)."""

    folder: Path = Path("/var/run/tls")

    def path(self, name: str) -> Path:
        """A file of the folder; raises Unavailable ``kes-files-missing``."""
        found = self.folder / name
        if not found.is_file():
            raise Unavailable(
                "kes-files-missing", f"The bridge needs {found}.", "Mount tls.crt, tls.key and clients.crt."
            )
        return found


def _name(request: Request) -> str:
    name = str(request.path_params["name"])
    if not SLUG.match(name) or len(name) > 64:
        raise Invalid("key-name-invalid", "This name cannot be a key's.", "")
    return name


async def _body(request: Request) -> dict[str, Any]:
    raw = await request.body()
    found = {} if not raw else await request.json()
    if not isinstance(found, dict):
        raise Invalid("body-invalid", "The body is not an object.", "")
    return found


def _bytes(body: dict[str, Any], key: str) -> bytes:
    return base64.b64decode(body.get(key) or "", validate=True)


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


class Bridge:
    """The protocol's calls over one Vault."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    async def version(self, _request: Request) -> Response:
        return JSONResponse({"version": "tre"})

    async def status(self, _request: Request) -> Response:
        await run_in_threadpool(self._vault.ready)
        return JSONResponse({"version": "tre", "uptime": int((time.monotonic() - _STARTED) * 1e9)})

    async def ready(self, _request: Request) -> Response:
        await run_in_threadpool(self._vault.ready)
        return Response()

    async def api(self, _request: Request) -> Response:
        return JSONResponse(
            [
                {"method": method, "path": path, "max_body": 1 << 20, "timeout": 15 * 10**9}
                for path, method in _METHODS.items()
            ]
        )

    async def create(self, request: Request) -> Response:
        name = _name(request)
        if await run_in_threadpool(self._vault.key_exists, name):
            return JSONResponse({"message": "key already exists"}, status_code=400)
        await run_in_threadpool(self._vault.ensure_key, name)
        return Response()

    async def describe(self, request: Request) -> Response:
        name = _name(request)
        if not await run_in_threadpool(self._vault.key_exists, name):
            return _ABSENT
        return JSONResponse({"name": name, "algorithm": "AES256"})

    async def listing(self, request: Request) -> Response:
        prefix = str(request.path_params.get("prefix", "")).rstrip("*")
        names = await run_in_threadpool(self._vault.key_names, prefix)
        return JSONResponse({"names": names, "continue_at": ""})

    async def generate(self, request: Request) -> Response:
        name, context = _name(request), _bytes(await _body(request), "context")
        if not await run_in_threadpool(self._vault.key_exists, name):
            return _ABSENT  # transit would make the key on first use: a destroyed project's must stay destroyed
        plaintext = secrets.token_bytes(32)
        sealed = await run_in_threadpool(self._vault.encrypt_with, name, plaintext, context)
        return JSONResponse({"plaintext": _text(plaintext), "ciphertext": _text(sealed.encode())})

    async def decrypt(self, request: Request) -> Response:
        name, body = _name(request), await _body(request)
        if not await run_in_threadpool(self._vault.key_exists, name):
            return _ABSENT
        sealed, context = _bytes(body, "ciphertext").decode(), _bytes(body, "context")
        try:
            plaintext = await run_in_threadpool(self._vault.decrypt_with, name, sealed, context)
        except Invalid:
            return JSONResponse({"message": "decryption failed: ciphertext is not authentic"}, status_code=400)
        return JSONResponse({"plaintext": _text(plaintext)})


async def _refused(_request: Request, error: Exception) -> Response:
    status = error.status if isinstance(error, TreError) else 400
    code = error.code if isinstance(error, TreError) else "request-invalid"
    if isinstance(error, NotFound):
        return _ABSENT
    return JSONResponse({"message": code}, status_code=status)


def build_app(vault: Vault) -> Starlette:
    """The bridge as an ASGI application; who may call is decided by TLS, in ``serve``."""
    bridge = Bridge(vault)
    table: list[tuple[str, str, Callable[[Request], Awaitable[Response]]]] = [
        ("GET", "/version", bridge.version), ("GET", "/v1/status", bridge.status), ("GET", "/v1/ready", bridge.ready),
        ("GET", "/v1/api", bridge.api), ("POST", "/v1/key/create/{name}", bridge.create),
        ("GET", "/v1/key/describe/{name}", bridge.describe), ("POST", "/v1/key/generate/{name}", bridge.generate),
        ("POST", "/v1/key/decrypt/{name}", bridge.decrypt), ("GET", "/v1/key/list/{prefix}", bridge.listing),
        ("GET", "/v1/key/list/", bridge.listing),
    ]  # fmt: skip
    routes = [Route(path, call, methods=[method]) for method, path, call in table]
    return Starlette(routes=routes, exception_handlers={TreError: _refused, ValueError: _refused})


def build_server(vault: Vault, files: BridgeFiles, host: str = "0.0.0.0", port: int = PORT) -> uvicorn.Server:  # noqa: S104  # a pod's own address
    """The HTTPS server, which admits exactly the certificates in ``clients.crt``."""
    config = uvicorn.Config(
        build_app(vault), host=host, port=port, log_level="warning", access_log=False, server_header=False,
        ssl_certfile=files.path("tls.crt"), ssl_keyfile=files.path("tls.key"),
        ssl_ca_certs=str(files.path("clients.crt")), ssl_cert_reqs=ssl.CERT_REQUIRED,
    )  # fmt: skip
    config.load()
    if config.ssl is None:
        raise Unavailable("kes-tls", "The bridge does not start without TLS.", "Look at its certificate files.")
    # the listed certificates are ends of the chain themselves: their issuer's other certificates are not admitted
    config.ssl.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    config.ssl.minimum_version = ssl.TLSVersion.TLSv1_3
    return uvicorn.Server(config)


def serve(settings: Settings, files: BridgeFiles | None = None) -> None:
    """Run until stopped. Called by `tre kes-bridge`."""
    build_server(Vault.from_settings(settings), files or BridgeFiles()).run()

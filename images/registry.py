"""What the builder asks of the registry: is it there, and does it hold a manifest."""

from __future__ import annotations

import os
import urllib.error
import urllib.request

from images.errors import RegistryUnavailable

_MANIFEST_TYPES = "application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json"
_TIMEOUT_SECONDS = 10


def registry_host() -> str:
    return os.environ.get("TRE_REGISTRY", "") or "localhost:5000"


def repository(name: str) -> str:
    """The repository of an image, without tag or digest."""
    return f"{registry_host()}/tre/{name}"


def is_loopback() -> bool:
    """A registry on loopback speaks plain HTTP; any other must have a certificate that the machine trusts."""
    return registry_host().partition(":")[0] in {"localhost", "127.0.0.1"}


def require_registry() -> None:
    """Raises RegistryUnavailable unless the registry answers its API's root."""
    try:
        _request("/v2/", "GET")
    except urllib.error.HTTPError as error:
        if error.code != 401:
            raise RegistryUnavailable(f"registry {registry_host()} answers {error.code}: {_ADVICE}") from error
    except OSError as error:
        raise RegistryUnavailable(f"registry {registry_host()} does not answer ({error}): {_ADVICE}") from error


def holds(name: str, digest: str) -> bool:
    """Whether the registry still has this manifest; what cannot be asked is taken as absent and pushed again."""
    try:
        return _request(f"/v2/tre/{name}/manifests/{digest}", "HEAD") == 200
    except OSError:
        return False


_ADVICE = "start it with `python3 -m devcluster up`, or set TRE_REGISTRY to a registry that you may push to"


def _request(path: str, method: str) -> int:
    scheme = "http" if is_loopback() else "https"
    request = urllib.request.Request(
        f"{scheme}://{registry_host()}{path}", method=method, headers={"Accept": _MANIFEST_TYPES}
    )
    handlers = [urllib.request.ProxyHandler({})] if is_loopback() else []
    with urllib.request.build_opener(*handlers).open(request, timeout=_TIMEOUT_SECONDS) as answer:
        return int(answer.status)

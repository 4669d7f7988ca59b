"""The Kubernetes API by its raw paths: few verbs, whole objects, errors of ours.

The generated client is used for its configuration, credentials and connection pool only; its ``call_api`` has no query
parameters since version 37, and server-side apply needs them.
"""

import json
import os
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import urllib3
from kubernetes import client, config
from urllib3.exceptions import HTTPError

from tre.core.errors import Conflict, Forbidden, Invalid, NotFound, Temporary, TreError, Unavailable

Object = dict[str, Any]
_RETRY = "The reconciler tries again by itself; if it lasts, look at the API server."
_JSON = "application/json"
METADATA_ONLY = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"


@dataclass(frozen=True, order=True)
class ResourceType:
    """One kind of the API and its path."""

    api_version: str
    kind: str
    plural: str
    namespaced: bool = True

    def path(self, namespace: str | None = None, name: str | None = None) -> str:
        """The kind's path, for the whole cluster when no namespace is given."""
        root = f"/api/{self.api_version}" if "/" not in self.api_version else f"/apis/{self.api_version}"
        middle = f"/namespaces/{namespace}" if namespace and self.namespaced else ""
        return f"{root}{middle}/{self.plural}" + (f"/{name}" if name else "")


_KNOWN: dict[int, tuple[type[TreError], str, str, str]] = {
    400: (Invalid, "cluster-invalid", "The cluster does not accept", "Look at the message."),
    # a service account's token is refused while its pod ends, and renewed by the kubelet otherwise
    401: (Temporary, "cluster-unauthenticated", "The cluster does not know us", _RETRY),
    403: (Forbidden, "cluster-denied", "The cluster refused", "Check the chart's roles."),
    404: (NotFound, "cluster-not-found", "Not in the cluster", ""),
    409: (Conflict, "cluster-conflict", "The cluster holds another state", _RETRY),
    422: (Invalid, "cluster-invalid", "The cluster does not accept", "Look at the message."),
}
_UNKNOWN: tuple[type[TreError], str, str, str] = (Unavailable, "cluster-error", "The API server failed", _RETRY)


def _failure(status: int, body: bytes, what: str) -> TreError:
    try:
        said = str(json.loads(body).get("message", ""))[:300]
    except ValueError:
        said = ""
    if status == 429 or status >= 500:
        return Temporary("cluster-busy", f"The API server answered {status}: {what}. {said}", _RETRY)
    if status == 403 and "exceeded quota" in said:
        message = f"The project's ceiling is reached: {said}"
        return Conflict("quota-exceeded", message, "End a session, or ask for a higher ceiling.")
    kind, code, words, remedy = _KNOWN.get(status, _UNKNOWN)
    return kind(code, f"{words}: {what}. {said}".rstrip(), remedy)


class KubeApi:
    """Requests to one API server. Raises TreError subclasses only."""

    def __init__(
        self, configuration: client.Configuration | None = None, timeout: float = 15, as_user: str | None = None
    ) -> None:
        self._api = client.ApiClient(configuration or _configuration())
        self._timeout = urllib3.Timeout(connect=3, read=timeout)
        # an administrator's way to act as a service account, with its rights and no more
        self._acting_as = {"Impersonate-User": as_user} if as_user else {}

    def request(self, method: str, path: str, query: dict[str, str] | None = None, body: Any = None,
                headers: dict[str, str] | None = None) -> bytes:  # fmt: skip
        """One request; returns the answer's body."""
        settings = self._api.configuration
        sent = {"Accept": _JSON, **self._acting_as, **(headers or {})}
        for auth in settings.auth_settings().values():
            sent[auth["key"]] = auth["value"]
        if body is not None:
            sent.setdefault("Content-Type", _JSON)
        url = settings.host + path + (f"?{urlencode(query)}" if query else "")
        data = json.dumps(body).encode() if body is not None else None
        what = f"{method} {path}"
        try:
            answer = self._api.rest_client.pool_manager.request(
                method, url, body=data, headers=sent, timeout=self._timeout, retries=False
            )
        except HTTPError as error:
            raise Temporary("cluster-unreachable", f"The API server cannot be reached: {what}.", _RETRY) from error
        if answer.status >= 400:
            raise _failure(answer.status, answer.data, what)
        return bytes(answer.data)

    def json(self, method: str, path: str, query: dict[str, str] | None = None, body: Any = None,
             headers: dict[str, str] | None = None) -> Any:  # fmt: skip
        """One request whose answer is JSON."""
        return json.loads(self.request(method, path, query, body, headers))

    def pages(self, path: str, query: dict[str, str] | None = None, metadata_only: bool = False) -> list[Object]:
        """Every item of a list, page by page."""
        accept = {"Accept": METADATA_ONLY} if metadata_only else None
        items: list[Object] = []
        asked = {"limit": "1000", **(query or {})}
        while True:
            answer = self.json("GET", path, asked, headers=accept)
            items.extend(answer.get("items") or [])
            token = (answer.get("metadata") or {}).get("continue")
            if not token:
                return items
            asked["continue"] = token

    def discover(self) -> list[ResourceType]:
        """Every kind that can be listed, in its preferred version, by aggregated discovery (two requests)."""
        accept = {"Accept": "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"}
        found: dict[tuple[str, str], ResourceType] = {}
        for root in ("/api", "/apis"):
            for group in self.json("GET", root, headers=accept)["items"]:
                name = group.get("metadata", {}).get("name", "")
                for version in group["versions"]:  # the preferred version comes first
                    for kind in version.get("resources", []):
                        _add(found, name, version["version"], kind)
        return sorted(found.values())


def _add(found: dict[tuple[str, str], ResourceType], group: str, version: str, kind: dict[str, Any]) -> None:
    key = (group, kind["resource"])
    if key in found or "list" not in kind.get("verbs", []):
        return
    api_version = f"{group}/{version}" if group else version
    found[key] = ResourceType(
        api_version, kind["responseKind"]["kind"], kind["resource"], kind.get("scope") == "Namespaced"
    )


def _configuration() -> client.Configuration:
    """The pod's service account, or the kubeconfig of the environment."""
    settings = client.Configuration()
    settings.connection_pool_maxsize = 32  # sweeps list kinds side by side
    try:
        config.load_incluster_config(client_configuration=settings)  # type: ignore[no-untyped-call]
    except config.ConfigException:
        try:
            # the module reads KUBECONFIG when it is imported: what was set since counts too
            config.load_kube_config(os.environ.get("KUBECONFIG"), client_configuration=settings)  # type: ignore[no-untyped-call]
        except (config.ConfigException, OSError) as error:
            raise Unavailable(
                "no-cluster", "There is neither a service account nor a kubeconfig.", "Set KUBECONFIG."
            ) from error
    return settings

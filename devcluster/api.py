"""A few questions to the API server, without starting kubectl for each."""

from __future__ import annotations

import http.client
import json
import ssl
from typing import Any
from urllib.parse import urlsplit

from devcluster.network_plan import NODE_NAME, NetworkPlan
from devcluster.paths import Paths

TIMEOUT_SECONDS = 5.0


class Api:
    """Reads as the administrator."""

    def __init__(self, paths: Paths, plan: NetworkPlan) -> None:
        self._address = urlsplit(plan.api_url).netloc
        self._paths = paths

    def get(self, path: str) -> tuple[int, str]:
        """Return (status, body); status 0 when nothing answers."""
        try:
            context = ssl.create_default_context(cafile=str(self._paths.ca / "cluster-ca.crt"))
            context.load_cert_chain(self._paths.certs / "admin.crt", self._paths.certs / "admin.key")
            connection = http.client.HTTPSConnection(self._address, timeout=TIMEOUT_SECONDS, context=context)
            try:
                connection.request("GET", path)
                answer = connection.getresponse()
                return answer.status, answer.read().decode(errors="replace")
            finally:
                connection.close()
        except (OSError, http.client.HTTPException):
            return 0, ""

    def object(self, path: str) -> dict[str, Any]:
        """Return an object, or an empty one when it is not there."""
        status, body = self.get(path)
        return dict(json.loads(body)) if status == 200 else {}

    def ready(self) -> bool:
        """Return whether the API server is ready."""
        return self.get("/readyz")[0] == 200

    def node_ready(self) -> bool:
        """Return whether the node is ready for pods."""
        return _condition(self.object(f"/api/v1/nodes/{NODE_NAME}"), "Ready")

    def deployment_available(self, namespace: str, name: str) -> bool:
        """Return whether a deployment has the pods it wants, of its current template."""
        found = self.object(f"/apis/apps/v1/namespaces/{namespace}/deployments/{name}")
        current = found.get("metadata", {}).get("generation") == found.get("status", {}).get("observedGeneration")
        return current and _condition(found, "Available")


def _condition(found: dict[str, Any], kind: str) -> bool:
    conditions = found.get("status", {}).get("conditions", [])
    return any(entry["type"] == kind and entry["status"] == "True" for entry in conditions)

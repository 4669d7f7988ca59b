"""A few questions to the API server, without starting kubectl for each."""

from __future__ import annotations

import http.client
import json
import ssl
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from devcluster.network_plan import NODE_NAME, NetworkPlan
from devcluster.paths import Paths

TIMEOUT_SECONDS = 5.0
LEASE_AGE = timedelta(seconds=60)


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

    def node_ready(self, since: datetime | None = None) -> bool:
        """Return whether the node is ready for pods, and said so after `since` or in the last minute.

        The object of a node that has died says "ready" for a while.
        """
        since = since or datetime.now(UTC) - LEASE_AGE
        lease = self.object(f"/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/{NODE_NAME}")
        renewed = lease.get("spec", {}).get("renewTime")
        if not renewed or datetime.fromisoformat(renewed) < since:
            return False
        return _condition(self.object(f"/api/v1/nodes/{NODE_NAME}"), "Ready")


def _condition(found: dict[str, Any], kind: str) -> bool:
    conditions = found.get("status", {}).get("conditions", [])
    return any(entry["type"] == kind and entry["status"] == "True" for entry in conditions)

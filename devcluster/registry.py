"""The image registry on loopback."""

from __future__ import annotations

import http.client

from devcluster.services import REGISTRY_ADDRESS


def answers() -> bool:
    """Return whether a registry answers, ours or one that was started before the cluster."""
    connection = http.client.HTTPConnection(REGISTRY_ADDRESS, timeout=2)
    try:
        connection.request("GET", "/v2/")
        answer = connection.getresponse()
        return answer.status == 200 and answer.getheader("Docker-Distribution-Api-Version") == "registry/2.0"
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()

"""What other systems tell of a session: object store, Vault, Kubernetes. One small, pure adapter each.

An adapter takes one entry of the other system's audit log and answers what the log needs of it, or None when the entry
tells nothing of a project's people. It copies names and numbers, never headers, bodies or values.
"""

from collections.abc import Callable
from typing import Any

from tre.audit.sources import kubernetes, minio, vault
from tre.audit.sources.told import Told

Parse = Callable[[dict[str, Any]], Told | None]
SOURCES: dict[str, Parse] = {"minio": minio.parse, "vault": vault.parse, "kubernetes": kubernetes.parse}

__all__ = ["SOURCES", "Parse", "Told"]

"""Give back the disk that superseded builds hold in buildah's store. The registry is left alone: pods may need it."""

from __future__ import annotations

import shutil
from pathlib import Path

from images import buildah, record
from images.rootfs import LOCAL_NAME

_STORE = Path("/var/lib/containers")
LOW_BYTES = 20 * 1024**3


def disk_is_low() -> bool:
    """Fewer free bytes than a build of everything may need; a kubelet also evicts pods when its disk fills."""
    place = _STORE if _STORE.exists() else _STORE.parent
    return shutil.disk_usage(place).free < LOW_BYTES


def prune() -> int:
    """Remove every image of ours that the record does not name; how many.

    Intermediate layers go too, so the next change of a build stage (Maven, wheels) is built again.
    """
    keep = {f"localhost/tre/{name}:{built.key[:16]}" for name, built in record.load().items()} | {LOCAL_NAME}
    stale = [name for name in buildah.stored_names() if "/tre/" in name and name not in keep]
    buildah.remove(stale)
    return len(stale)

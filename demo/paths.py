"""Where the demonstration finds cluster, certificates and image references."""

import json
import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
STATE = Path(os.environ.get("XDG_STATE_HOME", Path.home() / ".local/state")) / "tre"
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "tre"
DOMAIN = os.environ.get("TRE_DOMAIN", "tre.localhost")


def kubeconfig() -> Path:
    """The cluster to use: the one of TRE_KUBECONFIG, or the development cluster's."""
    return Path(os.environ.get("TRE_KUBECONFIG", STATE / "devcluster" / "kubeconfig"))


def tool(name: str) -> str:
    """A tool from the cache when it is there, else from the PATH."""
    held = CACHE / "bin" / name
    return str(held) if held.exists() else name


def images() -> dict[str, str]:
    """Image references by digest, as the last build recorded them."""
    record = json.loads((STATE / "images.json").read_text())
    return {name: entry["ref"] for name, entry in record.items()}


def ca() -> tuple[Path, Path]:
    """Certificate and key of the development authority."""
    return STATE / "devcluster" / "ca" / "dev-ca.crt", STATE / "devcluster" / "ca" / "dev-ca.key"

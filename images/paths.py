"""Where the builder keeps what it caches and records (XDG base directories)."""

from __future__ import annotations

import os
from pathlib import Path


def cache_home() -> Path:
    """Downloads and binaries; safe to delete, kept by `devcluster reset`."""
    return _xdg("XDG_CACHE_HOME", ".cache") / "tre"


def state_home() -> Path:
    """The record of built images, their bills of materials and build logs."""
    return _xdg("XDG_STATE_HOME", ".local/state") / "tre"


def build_cache() -> Path:
    """The one directory that is mounted into every build, as /var/cache/build."""
    return cache_home() / "build"


def binaries() -> Path:
    """Binaries compiled by the development cluster's builder."""
    return cache_home() / "bin"


def _xdg(variable: str, default: str) -> Path:
    value = os.environ.get(variable, "")
    return Path(value) if value else Path.home() / default

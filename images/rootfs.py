"""The root file system under every image: Debian's minbase by mmdebstrap, from the machine's own package sources."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

from images.buildah import import_rootfs, in_store
from images.errors import BuildFailed
from images.machine import require_tools

SUITE = "bookworm"
# Kept by dpkg's configuration inside, so it holds for packages installed later; licences stay.
_NOT_INSTALLED = ("/usr/share/man/*", "/usr/share/info/*", "/usr/share/locale/*", "/usr/share/doc/*")
_INSTALLED = "/usr/share/doc/*/copyright"
LOCAL_NAME = f"localhost/tre/debian:{SUITE}"


def ensure_rootfs(*, fresh: bool = False) -> str:
    """The name of the Debian image in buildah's store, made when it is not there. Raises BuildFailed, MissingTool."""
    if not fresh and in_store(LOCAL_NAME):
        return LOCAL_NAME
    require_tools(("mmdebstrap",))
    with tempfile.TemporaryDirectory() as folder:
        archive = Path(folder) / "rootfs.tar"
        # Without a mirror argument mmdebstrap uses the machine's sources.list, which may name a mirror of the house.
        command = ["mmdebstrap", "--mode=root", "--variant=minbase", "--quiet"]
        command += [f"--dpkgopt=path-exclude={pattern}" for pattern in _NOT_INSTALLED]
        command += [f"--dpkgopt=path-include={_INSTALLED}", "--include=ca-certificates"]
        # The names and name servers of the machine that builds are nobody's business.
        command += ['--customize-hook=rm -f "$1/etc/resolv.conf" "$1/etc/hostname"']
        command += ['--aptopt=APT::Install-Recommends "false"', SUITE, str(archive)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise BuildFailed(f"mmdebstrap failed: {done.stderr.strip()[-800:]}")
        import_rootfs(archive, LOCAL_NAME)
    return LOCAL_NAME

"""The calls of buildah that the builder needs; rootless user namespaces are not used, the builder runs as root."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from images.catalogue import Image
from images.errors import BuildFailed
from images.machine import MOUNT_POINT, prepare_build_cache
from images.paths import binaries, cache_home, state_home
from images.registry import is_loopback, repository


def local_name(image: Image, key: str) -> str:
    """The name in buildah's own store, where a child finds its parent without the registry."""
    return f"localhost/tre/{image.name}:{key[:16]}"


def in_store(name: str) -> bool:
    return _run(["buildah", "inspect", "--type", "image", name]).returncode == 0


def build(image: Image, name: str, parents: dict[str, str], root: Path, *, fresh: bool = False) -> None:
    """Run the Dockerfile, isolated by chroot, in context `root`. Raises BuildFailed with the end of the log."""
    command = ["buildah", "bud", "--isolation", "chroot", "--layers", "--format", "oci", "--pull=false"]
    command += ["--volume", f"{prepare_build_cache()}:{MOUNT_POINT}:rw", "--file", str(image.dockerfile(root))]
    for argument, reference in parents.items():
        command += ["--build-arg", f"{argument}={reference}"]
    if image.binaries:
        command += ["--build-context", f"binaries={_stage_binaries(image)}"]
    if is_loopback():
        command.append("--tls-verify=false")
    if fresh:
        command.append("--no-cache")
    command += ["--tag", name, str(root)]
    _logged(image.name, command)


def _stage_binaries(image: Image) -> Path:
    """A folder with the binaries themselves: what the cache holds are links that lead out of a build context."""
    folder = cache_home() / "binaries" / image.name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name in image.binaries:
        shutil.copy2((binaries() / name).resolve(), folder / name)
    return folder


def push(image: Image, name: str, key: str) -> str:
    """Push to the registry and return the digest of the manifest there. Raises BuildFailed."""
    with tempfile.TemporaryDirectory() as folder:
        digest_file = Path(folder) / "digest"
        # zstd at its fastest: the registry is on the machine, and gzip costs more time than the build of most images.
        command = ["buildah", "push", "--compression-format", "zstd", "--compression-level", "1"]
        command += ["--digestfile", str(digest_file), f"--tls-verify={str(not is_loopback()).lower()}"]
        _logged(image.name, [*command, name, f"docker://{repository(image.name)}:{key[:16]}"])
        return digest_file.read_text(encoding="utf-8").strip()


@contextmanager
def mounted(name: str) -> Iterator[Path]:
    """The root file system of an image of the store or the registry, for reading. Raises BuildFailed."""
    container = _checked(["buildah", "from", "--quiet", f"--tls-verify={str(not is_loopback()).lower()}", name])
    try:
        yield Path(_checked(["buildah", "mount", container]))
    finally:
        _run(["buildah", "rm", container])


def stored_names() -> list[str]:
    """Names of the images in the store."""
    return [name for name in _checked(["buildah", "images", "--format", "{{.Name}}:{{.Tag}}"]).splitlines() if name]


def remove(names: list[str]) -> None:
    """Remove images, then every layer that no named image needs; what a container still uses stays."""
    for name in names:
        _run(["buildah", "rmi", name])
    _run(["buildah", "rmi", "--prune"])


def import_rootfs(archive: Path, name: str) -> None:
    """Make an image of one layer from a tar of a root file system. Raises BuildFailed."""
    container = _checked(["buildah", "from", "scratch"])
    try:
        _checked(["buildah", "add", "--quiet", container, str(archive), "/"])
        _checked(["buildah", "commit", "--quiet", container, name])
    finally:
        _run(["buildah", "rm", container])


def _run(command: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False)


def _checked(command: list[str]) -> str:
    done = _run(command)
    if done.returncode != 0:
        raise BuildFailed(f"`{' '.join(command)}` failed: {done.stderr.strip()[-500:]}")
    return done.stdout.strip()


def _logged(image: str, command: list[str]) -> None:
    logs = state_home() / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    log = logs / f"image-{image}.log"
    with log.open("wb") as stream:
        done = subprocess.run(command, stdout=stream, stderr=subprocess.STDOUT, check=False)
    if done.returncode != 0:
        tail = "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-15:])
        raise BuildFailed(f"image '{image}' failed; the end of {log}:\n{tail}")

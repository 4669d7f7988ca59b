"""Images of the cluster's own pods, made by hand: one static program each, imported into containerd."""

from __future__ import annotations

import hashlib
import io
import json
import platform
import tarfile
from dataclasses import dataclass
from pathlib import Path

from devcluster import build, versions
from devcluster.paths import Paths
from devcluster.shell import run

ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


@dataclass(frozen=True)
class Image:
    """A name, and the static program that is all of it."""

    reference: str
    program: str


OWN = (Image(versions.PAUSE_IMAGE, "pause"), Image(versions.COREDNS_IMAGE, "coredns"))


def archive(reference: str, binary: Path, target: Path, architecture: str = "amd64") -> None:
    """Write an image archive (`docker save` form) that holds one program at `/`, run by an ordinary user."""
    layer = _layer(binary)
    config = {
        "architecture": architecture,
        "os": "linux",
        "config": {"Entrypoint": [f"/{binary.name}"], "User": "65532:65532"},
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{hashlib.sha256(layer).hexdigest()}"]},
        "history": [{"created": "1970-01-01T00:00:00Z", "created_by": f"copy {binary.name}"}],
    }
    manifest = [{"Config": "config.json", "RepoTags": [reference], "Layers": ["layer.tar"]}]
    with tarfile.open(target, "w") as tar:
        _add(tar, "config.json", json.dumps(config).encode(), 0o644)
        _add(tar, "layer.tar", layer, 0o644)
        _add(tar, "manifest.json", json.dumps(manifest).encode(), 0o644)


def _layer(binary: Path) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        _add(tar, binary.name, binary.read_bytes(), 0o755)
    return buffer.getvalue()


def _add(tar: tarfile.TarFile, name: str, content: bytes, mode: int) -> None:
    info = tarfile.TarInfo(name)
    info.size, info.mode = len(content), mode
    tar.addfile(info, io.BytesIO(content))


def ctr(paths: Paths, *arguments: str) -> str:
    """Run containerd's own client in the namespace of Kubernetes."""
    return run(["ctr", "--address", paths.containerd_socket, "--namespace", "k8s.io", *arguments])


def ensure_own(paths: Paths) -> None:
    """Import the cluster's own images unless containerd holds this very build of them."""
    present = set(ctr(paths, "images", "list", "-q").split())
    for image in OWN:
        binary = build.program(image.program).binary(paths)
        marker = paths.containerd_root / f".imported-{image.program}"
        if image.reference in present and marker.exists() and marker.read_text() == str(binary):
            continue
        target = paths.run / f"{image.program}.tar"
        archive(image.reference, binary, target, ARCHITECTURES[platform.machine()])
        ctr(paths, "images", "import", str(target))
        target.unlink()
        marker.write_text(str(binary))

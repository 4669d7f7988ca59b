"""The content key of an image: what it is built from, and nothing else, decides whether it is built again."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from images.catalogue import Image
from images.errors import MissingInput
from images.paths import binaries

_FORMAT = b"tre-image-key-1"
_IGNORED_DIRECTORIES = {"__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache"}


def content_key(image: Image, parent_keys: list[str], root: Path) -> str:
    """SHA-256 over the Dockerfile, its context files (path, executable bit, bytes), binaries and the parents' keys.

    Raises MissingInput when a declared input or binary does not exist.
    """
    digest = hashlib.sha256(_FORMAT)
    for key in parent_keys:
        digest.update(key.encode())
    for path in _context_files(image, root):
        executable = b"x" if path.stat().st_mode & 0o111 else b"-"
        name = path.relative_to(root).as_posix().encode()
        digest.update(b"\0" + name + b"\0" + executable + hashlib.sha256(path.read_bytes()).digest())
    for path in _binary_files(image):
        with path.open("rb") as stream:
            digest.update(b"\0" + path.name.encode() + hashlib.file_digest(stream, "sha256").digest())
    return digest.hexdigest()


def _context_files(image: Image, root: Path) -> Iterator[Path]:
    for entry in image.context:
        path = root / entry
        if not path.exists():
            raise MissingInput(f"image '{image.name}' needs {entry}, which does not exist in this checkout")
        yield from _files_under(path)


def _files_under(path: Path) -> Iterator[Path]:
    if path.is_file():
        yield path
        return
    for child in sorted(path.iterdir()):
        if child.name not in _IGNORED_DIRECTORIES and child.suffix != ".pyc":
            yield from _files_under(child)


def _binary_files(image: Image) -> Iterator[Path]:
    for name in image.binaries:
        path = binaries() / name
        if not path.is_file():
            raise MissingInput(f"image '{image.name}' needs {path}: run `python3 -m devcluster build` first")
        yield path

"""A copy of what the images are built from, so that edits during a build change neither an image nor its neighbours."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from images.catalogue import REPOSITORY_ROOT, Image

_IGNORED = shutil.ignore_patterns("__pycache__", "*.pyc", ".*_cache")


@contextmanager
def snapshot(images: list[Image]) -> Iterator[Path]:
    """A folder with the context of all these images as they are now; removed afterwards."""
    with tempfile.TemporaryDirectory(prefix="tre-images-") as folder:
        root = Path(folder)
        for entry in sorted({entry for image in images for entry in image.context}):
            _copy(REPOSITORY_ROOT / entry, root / entry)
        yield root


def _copy(source: Path, target: Path) -> None:
    """Times are kept, because layer caches compare them; what is missing is reported by the content key."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target, ignore=_IGNORED, dirs_exist_ok=True)
    elif source.exists():
        shutil.copy2(source, target)

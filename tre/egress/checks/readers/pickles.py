"""Pickle, joblib and torch files, read statically: the opcodes are walked, nothing is imported, built or run.

What is kept: the globals a load would import, the names of attributes and dictionary keys, and the shape of each array with
the attribute it is stored under. joblib writes raw array bytes between the opcodes: they are stepped over.
"""

import io
import pickletools
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from tre.egress.checks.parts import Array, Blob, Model, Part, Text, Trait
from tre.egress.checks.reader import Reader
from tre.egress.checks.readers.archives import decompress
from tre.egress.checks.readers.stubs import Walk, walk

_MAX_BYTES = 512_000_000
_MAX_PLAIN = 1_000_000_000


def read(blob: Blob) -> Iterator[Part]:
    """One `Model`, the strings found, and a trait when the walk could not go to the end."""
    data = blob.read(_MAX_BYTES)
    if data[:2] == b"PK":
        yield from _torch(data, blob)
        return
    if (
        data[:2] in (b"\x1f\x8b", b"BZ")
        or data[:6] == b"\xfd7zXZ\x00"
        or data[:2] in (b"\x78\x9c", b"\x78\x01", b"\x78\xda", b"\x78\x5e")
    ):
        data = decompress(data, data[:8], min(_MAX_PLAIN, blob.limits.max_ratio * max(len(data), 10_000)))
    yield from model_parts(walk(data), blob)


def model_parts(found: Walk, blob: Blob, library: str = "") -> Iterator[Part]:
    """Parts of what a walk found."""
    if found.error:
        yield Trait(blob.origin, "parse-error", {"what": found.error})
    modules = {name.split(".", 1)[0] for name in found.globals}
    yield Model(
        blob.origin,
        library=library or next((name for name in _LIBRARIES if name in modules), ""),
        classes=tuple(sorted(found.globals)),
        arrays=tuple(Array(path, shape, dtype) for path, shape, dtype in found.arrays),
        globals=tuple(sorted(found.globals)),
        names=tuple(sorted(found.names)),
        leaf_counts=tuple(found.leaf_counts),
    )
    text = "\n".join(found.strings)
    if text:
        yield Text(blob.origin, text, "data")


_LIBRARIES = (
    "sklearn",
    "statsmodels",
    "lifelines",
    "xgboost",
    "lightgbm",
    "catboost",
    "torch",
    "tensorflow",
    "keras",
    "pandas",
    "polars",
    "numpy",
)


def _torch(data: bytes, blob: Blob) -> Iterator[Part]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        sizes = {info.filename: info.file_size for info in archive.infolist()[:10_000]}
        for name, size in sizes.items():
            if name.endswith(".pkl") and size < 64_000_000:
                inner = replace(blob, origin=replace(blob.origin, member=name))
                yield from model_parts(walk(archive.read(name)), inner, "torch")
        arrays = tuple(Array(name, (size,), "bytes") for name, size in sizes.items() if "/data/" in name)
    yield Model(blob.origin, library="torch", arrays=arrays)


def opcodes(data: bytes) -> Iterator[tuple[str, Any, int]]:
    """Name, argument and position of each opcode of the first pickle in ``data``."""
    for opcode, argument, position in pickletools.genops(data):
        yield opcode.name, argument, position or 0


READER = Reader("pickles", kinds=("pickle", "torch"), read=read)

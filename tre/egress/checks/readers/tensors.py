"""numpy, safetensors and GGUF files: headers read by hand, contents left alone."""

import ast
import json
from collections.abc import Iterator
from dataclasses import replace

from tre.egress.checks.parts import Array, Blob, Child, Model, Part, Text, Trait
from tre.egress.checks.reader import Reader
from tre.egress.checks.readers.archives import join


def read(blob: Blob) -> Iterator[Part]:
    """One `Model` with the arrays, one `Text` with the strings of the header."""
    head = blob.head(16)
    if head[:6] == b"\x93NUMPY":
        yield _numpy(blob)
    elif head[:2] == b"PK":
        yield from _archive(blob)
    elif head[:4] == b"GGUF":
        yield Model(blob.origin, library="gguf")
    else:
        yield from _safetensors(blob)


def _numpy(blob: Blob) -> Part:
    head = blob.head(65536)
    wide = head[6] >= 2
    size = int.from_bytes(head[8:12] if wide else head[8:10], "little")
    start = 12 if wide else 10
    header = ast.literal_eval(head[start : start + size].decode("latin-1").strip())
    dtype = str(header["descr"])
    origin = blob.origin
    if "O" in dtype:
        return Model(
            origin,
            library="numpy",
            arrays=(Array("array", tuple(header["shape"]), dtype),),
            globals=("pickle.object-array",),
        )
    return Model(origin, library="numpy", arrays=(Array("array", tuple(map(int, header["shape"])), dtype),))


def _archive(blob: Blob) -> Iterator[Part]:
    import io  # noqa: PLC0415
    import zipfile  # noqa: PLC0415

    with zipfile.ZipFile(io.BytesIO(blob.data) if blob.data is not None else blob.path) as archive:
        for info in archive.infolist()[: blob.limits.max_members]:
            if info.file_size > blob.limits.max_child_bytes:
                yield Trait(blob.origin, "cap", {"what": "size"})
                continue
            yield Child(
                replace(blob.origin, member=join(blob.origin.member, info.filename)), info.filename, archive.read(info)
            )


def _safetensors(blob: Blob) -> Iterator[Part]:
    size = int.from_bytes(blob.head(8), "little")
    if size > 100_000_000 or size + 8 > blob.size:
        raise ValueError("header longer than the file")
    header = json.loads(blob.head(8 + size)[8:])
    metadata = header.pop("__metadata__", {})
    arrays = tuple(
        Array(str(name)[:200], tuple(map(int, entry["shape"])), str(entry["dtype"])) for name, entry in header.items()
    )
    end = max((int(entry["data_offsets"][1]) for entry in header.values()), default=0)
    if 8 + size + end < blob.size:
        yield Trait(blob.origin, "trailing-bytes", {"count": blob.size - 8 - size - end})
    yield Model(blob.origin, library="safetensors", arrays=arrays, names=tuple(sorted(map(str, header))))
    yield Text(blob.origin, "\n".join(f"{key} {value}" for key, value in metadata.items()), "metadata")


READER = Reader("tensors", kinds=("npy", "npz", "safetensors", "gguf"), read=read)

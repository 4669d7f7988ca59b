"""The module list that Go's linker puts into every binary (the format of `go version -m`, since Go 1.18)."""

from __future__ import annotations

import mmap
from pathlib import Path

_MAGIC = b"\xff Go buildinf:"
_INLINE_STRINGS = 2
_HEADER = 32
_SENTINEL = 16


def modules(path: Path) -> list[tuple[str, str]]:
    """(module, version) of the program and all that is linked into it; empty for anything but a Go binary."""
    if path.stat().st_size < _HEADER:
        return []
    with path.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data:
        position = data.find(_MAGIC)
        while position != -1:
            # The words also occur in programs that read build information; the real one is aligned and flagged.
            if position % 16 == 0 and data[position + 15] & _INLINE_STRINGS:
                return _parse(bytes(data[position + _HEADER : position + (1 << 20)]))
            position = data.find(_MAGIC, position + 1)
    return []


def _parse(data: bytes) -> list[tuple[str, str]]:
    version, rest = _string(data)
    text, _ = _string(rest)
    found = [("std", version.decode().partition(" ")[0].removeprefix("go"))]
    for line in text[_SENTINEL:-_SENTINEL].decode("utf-8", errors="replace").splitlines():
        kind, *fields = line.split("\t")
        if kind in {"mod", "dep"} and len(fields) >= 2:
            found.append((fields[0], fields[1]))
        elif kind == "=>" and len(fields) >= 2:
            found[-1] = (fields[0], fields[1])
    return found


def _string(data: bytes) -> tuple[bytes, bytes]:
    """A string with its length before it (unsigned varint), and what follows."""
    length, shift, position = 0, 0, 0
    while True:
        byte = data[position]
        position += 1
        length |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return data[position : position + length], data[position + length :]

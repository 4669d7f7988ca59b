"""zip, tar and single-file compression: members are read in memory, never written; caps and traversal are traits."""

import bz2
import io
import lzma
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import replace
from typing import IO

from tre.egress.checks.decode import looks_text
from tre.egress.checks.parts import Blob, Child, Part, Trait
from tre.egress.checks.reader import Reader

_SLACK = 1 << 20
_RESOURCE = ("__MACOSX/", ".DS_Store")


def read(blob: Blob) -> Iterator[Part]:
    """A `Child` for each member."""
    head = blob.head(600)
    if head[:2] == b"PK":
        yield from _zip(blob)
    elif head[257:262] == b"ustar":
        with tarfile.open(fileobj=_stream(blob), mode="r:") as archive:
            yield from _tar(archive, blob)
    else:
        yield from _single(blob, head)


def join(outer: str, name: str) -> str:
    """A member's path inside its container."""
    printable = "".join(char if char.isprintable() else "\ufffd" for char in name)[:300]
    return f"{outer}!{printable}" if outer else printable


def unsafe_name(name: str) -> bool:
    """Whether extracting ``name`` would leave the folder."""
    parts = name.replace("\\", "/").split("/")
    return name.startswith(("/", "\\")) or ".." in parts or (len(name) > 1 and name[1] == ":") or "\x00" in name


def _stream(blob: Blob) -> IO[bytes]:
    return io.BytesIO(blob.data) if blob.data is not None else open(blob.path, "rb")


def _zip(blob: Blob) -> Iterator[Part]:
    with _stream(blob) as stream, zipfile.ZipFile(stream) as archive:
        members = archive.infolist()
        if len(members) > blob.limits.max_members:
            yield Trait(blob.origin, "archive-members", {"count": len(members)})
            return
        total = sum(member.file_size for member in members)
        if total > blob.limits.max_ratio * max(blob.size, 1) + _SLACK:
            yield Trait(blob.origin, "archive-ratio")
            return
        yield from _zip_slack(archive, blob)
        for member in members:
            yield from _zip_member(archive, member, blob)


def _zip_slack(archive: zipfile.ZipFile, blob: Blob) -> Iterator[Part]:
    first = min((member.header_offset for member in archive.infolist()), default=0)
    if first > 0:
        yield Trait(blob.origin, "polyglot", {"what": "bytes before the archive"})


def _zip_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, blob: Blob) -> Iterator[Part]:
    origin = replace(blob.origin, member=join(blob.origin.member, member.filename))
    if member.is_dir() or member.filename.startswith(_RESOURCE):
        return
    if unsafe_name(member.filename):
        yield Trait(origin, "archive-traversal")
    if stat.S_ISLNK(member.external_attr >> 16):
        yield Trait(origin, "archive-link")
        return
    if member.flag_bits & 1:
        yield Trait(origin, "archive-encrypted")
        return
    if member.file_size > blob.limits.max_child_bytes:
        yield Trait(origin, "cap", {"what": "size"})
        return
    with archive.open(member) as stream:
        data = stream.read(blob.limits.max_child_bytes + 1)
    yield Child(origin, member.filename, data)


def _tar(archive: tarfile.TarFile, blob: Blob) -> Iterator[Part]:
    for number, member in enumerate(archive, 1):
        origin = replace(blob.origin, member=join(blob.origin.member, member.name))
        if number > blob.limits.max_members:
            yield Trait(blob.origin, "archive-members")
            return
        if unsafe_name(member.name):
            yield Trait(origin, "archive-traversal")
        if member.issym() or member.islnk() or member.isdev() or member.isfifo():
            yield Trait(origin, "archive-link")
            continue
        if not member.isfile():
            continue
        if member.size > blob.limits.max_child_bytes:
            yield Trait(origin, "cap", {"what": "size"})
            continue
        stream = archive.extractfile(member)
        if stream is not None:
            yield Child(origin, member.name, stream.read(blob.limits.max_child_bytes + 1))


def _single(blob: Blob, head: bytes) -> Iterator[Part]:
    """gzip, bzip2, xz: one file inside, which may be a tar."""
    limit = min(blob.limits.max_child_bytes, blob.limits.max_ratio * blob.size + _SLACK)
    data = decompress(blob.read(), head, limit + 1)
    if len(data) > limit:
        name = "archive-ratio" if limit < blob.limits.max_child_bytes else "cap"
        yield Trait(blob.origin, name, {"what": "size"})
        return
    inner = blob.name.rsplit("/", 1)[-1]
    inner = (
        inner[: -len(blob.suffix)]
        if blob.suffix in (".gz", ".bz2", ".xz")
        else inner.removesuffix(blob.suffix) + (".tar" if blob.suffix == ".tgz" else "")
    )
    if data[257:262] == b"ustar":
        with tarfile.open(fileobj=io.BytesIO(data), mode="r:") as archive:
            yield from _tar(archive, blob)
        return
    yield Child(replace(blob.origin, member=join(blob.origin.member, inner)), inner or "content", data)


def decompress(data: bytes, head: bytes, limit: int) -> bytes:
    """At most ``limit`` bytes of a compressed stream; raises on damage."""
    if head[:2] == b"\x1f\x8b":
        return _gunzip(data, limit)
    if head[:3] == b"BZh":
        return bz2.BZ2Decompressor().decompress(data, limit)
    if head[:6] == b"\xfd7zXZ\x00":
        return lzma.LZMADecompressor(memlimit=256_000_000).decompress(data, limit)
    if head[:1] == b"\x78":
        return zlib.decompressobj().decompress(data, limit)
    raise ValueError("not compressed" if looks_text(head) else "unknown compression")


def _gunzip(data: bytes, limit: int) -> bytes:
    """All members of a gzip file, up to ``limit`` bytes."""
    out = b""
    while data[:2] == b"\x1f\x8b" and len(out) < limit:
        engine = zlib.decompressobj(wbits=31)
        out += engine.decompress(data, limit - len(out))
        data = engine.unused_data
    return out


READER = Reader("archives", kinds=("zip", "tar", "gzip", "bz2", "xz"), read=read)

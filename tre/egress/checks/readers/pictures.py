"""PNG, JPEG, GIF, TIFF, WebP, BMP: sizes, metadata, bytes after the end, text by OCR when it is installed."""

import io
from collections.abc import Iterator
from functools import cache
from typing import Any

from tre.egress.checks.parts import Blob, Figure, Part, Text, Trait
from tre.egress.checks.reader import Reader

_MAX_BYTES = 64_000_000
_MAX_PIXELS = 60_000_000
_PLAIN_KEYS = frozenset(
    [
        "dpi",
        "gamma",
        "aspect",
        "interlace",
        "transparency",
        "jfif",
        "jfif_version",
        "jfif_unit",
        "jfif_density",
        "progressive",
        "background",
        "duration",
        "loop",
        "version",
        "extension",
        "compression",
    ]
)
_SOFTWARE = (
    "software",
    "creation time",
    "date:create",
    "date:modify",
    "date:timestamp",
    "adobe",
    "icc_profile",
    "srgb",
    "exif",
)


def read(blob: Blob) -> Iterator[Part]:
    """One `Figure`; metadata and trailing bytes as traits and texts."""
    data = blob.read(_MAX_BYTES)
    yield from _trailing(data, blob)
    from PIL import Image  # noqa: PLC0415

    Image.MAX_IMAGE_PIXELS = _MAX_PIXELS
    with Image.open(io.BytesIO(data)) as image:
        yield Figure(blob.origin, format=(image.format or "").lower(), width=image.width, height=image.height)
        yield from _metadata(image, blob)
        if image.width * image.height <= _MAX_PIXELS:
            text = ocr(image)
            if text:
                yield Text(blob.origin, text, "ocr")


def _metadata(image: Any, blob: Blob) -> Iterator[Part]:
    info = {str(key): value for key, value in image.info.items() if str(key).lower() not in _PLAIN_KEYS}
    texts = {
        key: value for key, value in info.items() if isinstance(value, str) and not key.lower().startswith(_SOFTWARE)
    }
    location = bool(image.getexif().get_ifd(0x8825))
    if texts or location or "xmp" in info:
        yield Trait(blob.origin, "image-metadata", {"count": len(texts), "position": int(location)})
    joined = "\n".join(f"{key} {value}" for key, value in texts.items())[:1_000_000]
    if joined:
        yield Text(blob.origin, joined, "metadata")


def _trailing(data: bytes, blob: Blob) -> Iterator[Part]:
    extra = len(data) - logical_end(data)
    if extra > 16 and data[-extra:].strip(b"\x00\n\r "):
        polyglot = data[-extra:][:4] in (b"PK\x03\x04", b"%PDF") or b"PK\x05\x06" in data[-extra:]
        yield Trait(blob.origin, "polyglot" if polyglot else "trailing-bytes", {"count": extra})


def logical_end(data: bytes) -> int:
    """Where the picture ends; the length of ``data`` when the format does not say."""
    if data[:8] == b"\x89PNG\r\n\x1a\n":
        position = 8
        while position + 12 <= len(data):
            size = int.from_bytes(data[position : position + 4], "big")
            kind = data[position + 4 : position + 8]
            position += 12 + size
            if kind == b"IEND":
                return min(position, len(data))
        return len(data)
    if data[:2] == b"\xff\xd8":
        end = data.rfind(b"\xff\xd9")
        return end + 2 if end > 0 else len(data)
    if data[:3] == b"GIF":
        end = data.rfind(b"\x00;")
        return end + 2 if end > 0 else len(data)
    return len(data)


@cache
def _engine() -> Any:
    """The OCR engine, or None when it is not installed."""
    try:
        from rapidocr import RapidOCR  # type: ignore[import-not-found, unused-ignore]  # noqa: PLC0415
    except ImportError:
        return None
    return RapidOCR()


def ocr(image: Any) -> str:
    """Text in the picture, empty without an engine."""
    engine = _engine()
    if engine is None:
        return ""
    import numpy  # noqa: PLC0415

    result = engine(numpy.asarray(image.convert("RGB")))
    return "\n".join(getattr(result, "txts", None) or ())


READER = Reader("pictures", kinds=("png", "jpeg", "gif", "tiff", "webp", "bmp"), read=read)

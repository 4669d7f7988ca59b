"""PDF: text by page, the tables printed in it, attachments, layers, old revisions, scripts, vector plots."""

import io
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from tre.egress.checks.parts import Blob, Child, Figure, Part, Table, Text, Trait
from tre.egress.checks.reader import Reader
from tre.egress.checks.readers.archives import join
from tre.egress.checks.readers.printed import printed_tables

_MAX_BYTES = 128_000_000
_MAX_PAGES = 300
_MAX_OPERATORS = 400_000


def read(blob: Blob) -> Iterator[Part]:
    """Parts of each page, then of the document."""
    import pikepdf  # noqa: PLC0415

    data = blob.read(_MAX_BYTES)
    try:
        document = pikepdf.open(io.BytesIO(data))
    except pikepdf.PasswordError:
        yield Trait(blob.origin, "encrypted")
        return
    with document:
        if document.is_encrypted:
            yield Trait(blob.origin, "encrypted")
        yield from _text(data, blob)
        yield from _structure(document, data, blob)
        for number, page in enumerate(document.pages[:_MAX_PAGES], 1):
            marks = _marks(page)
            if marks >= 0:
                yield Figure(replace(blob.origin, page=number), format="pdf", vector=True, marks=marks)
        if len(document.pages) > _MAX_PAGES:
            yield Trait(blob.origin, "cap", {"what": "pages"})


def _text(data: bytes, blob: Blob) -> Iterator[Part]:
    import pypdfium2  # noqa: PLC0415

    document = pypdfium2.PdfDocument(data)
    try:
        for number in range(min(len(document), _MAX_PAGES)):
            text = document[number].get_textpage().get_text_bounded().replace("\r\n", "\n")
            origin = replace(blob.origin, page=number + 1)
            if text.strip():
                yield Text(origin, text)
            for printed in printed_tables(text):
                yield Table(
                    origin,
                    rows=printed.rows,
                    caption=printed.caption,
                    row_lines=printed.lines,
                    total_rows=len(printed.rows),
                    printed=True,
                )
    finally:
        document.close()


def _structure(document: Any, data: bytes, blob: Blob) -> Iterator[Part]:
    root = document.Root
    for name in list(document.attachments)[:200]:
        origin = replace(blob.origin, member=join(blob.origin.member, str(name)))
        yield Trait(origin, "pdf-attachment")
        yield Child(origin, str(name), bytes(document.attachments[name].get_file().read_bytes()))
    if re.search(rb"/(?:JavaScript|JS|Launch)\b", data) or ("/OpenAction" in root and "/JS" in str(root.OpenAction)):
        yield Trait(blob.origin, "pdf-javascript")
    if "/AcroForm" in root and "/XFA" in root.AcroForm:
        yield Trait(blob.origin, "pdf-xfa")
    if (
        "/OCProperties" in root
        and "/D" in root.OCProperties
        and "/OFF" in root.OCProperties.D
        and len(root.OCProperties.D.OFF) > 0
    ):
        yield Trait(blob.origin, "pdf-hidden-layer")
    if data.count(b"%%EOF") > 1 and data.count(b"/Linearized") == 0 and data.count(b"startxref") > 1:
        yield Trait(blob.origin, "pdf-old-revision")
    end = data.rfind(b"%%EOF")
    if end >= 0 and len(data) - end - 5 > 64:
        extra = data[end + 5 :]
        yield Trait(blob.origin, "polyglot" if b"PK\x05\x06" in extra else "trailing-bytes", {"count": len(extra)})
    info = {
        str(key): str(value)
        for key, value in (document.docinfo or {}).items()
        if str(key) in ("/Author", "/Subject", "/Keywords", "/Title")
    }
    if info:
        yield Text(blob.origin, "\n".join(info.values()), "metadata")


def _marks(page: Any) -> int:
    """Small closed curves and reused forms on a page; -1 when the page draws nothing by vectors."""
    import pikepdf  # noqa: PLC0415

    strokes = curves = small = forms = 0
    points: list[float] = []
    stream: Any = pikepdf.parse_content_stream(page)
    for count, (operands, operator) in enumerate(stream):
        if count > _MAX_OPERATORS:
            break
        name = str(operator)
        if name in ("m", "l", "c", "v", "y", "re"):
            points.extend(float(value) for value in operands)
            curves += name in ("c", "v", "y")
        elif name in ("S", "s", "f", "F", "f*", "B", "B*", "b", "b*", "n"):
            strokes += name != "n"
            if (
                curves >= 3
                and points
                and max(points[::2]) - min(points[::2]) < 15
                and max(points[1::2]) - min(points[1::2]) < 15
            ):
                small += 1
            points, curves = [], 0
        elif name == "Do":
            forms += 1
    if strokes < 5 and forms == 0:
        return -1
    markers = forms if forms >= 30 else 0
    return small + markers if small + markers or strokes >= 40 else -1


READER = Reader("pdf", kinds=("pdf",), read=read)

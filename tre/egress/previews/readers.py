"""One function a kind of file, by content. Runs inside the locked-down process; a failure there is a failed preview."""

import base64
import csv
import io
import json
from collections.abc import Callable
from typing import Any

import PIL.Image
import pypdfium2
import python_calamine

from tre.egress.previews.model import (
    MAX_BLOCKS,
    MAX_CELL,
    MAX_COLUMNS,
    MAX_IMAGES,
    MAX_LINES,
    MAX_PAGES,
    MAX_ROWS,
    MAX_SIDE,
    MAX_TEXT,
    Block,
    Image,
    Preview,
    Table,
    Text,
    clean,
)

PIL.Image.MAX_IMAGE_PIXELS = 40_000_000
_FORMATS = ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP")
_TABLES = {".csv": ",;\t|", ".tsv": "\t"}
_CODE = (
    ".py",
    ".r",
    ".sql",
    ".sas",
    ".do",
    ".jl",
    ".sh",
    ".html",
    ".htm",
    ".svg",
    ".xml",
    ".js",
    ".json",
    ".yaml",
    ".yml",
    ".tex",
)


def read(name: str, data: bytes) -> Preview:
    """The preview of ``data``; the name only chooses between kinds of text."""
    for matches, reader in _READERS:
        if matches(data):
            return reader(data)
    text = _decoded(data)
    if text is None:
        return Preview("unknown", note="unknown-type")
    lower = name.lower()
    for suffix, delimiters in _TABLES.items():
        if lower.endswith(suffix):
            return _delimited(text, delimiters)
    if lower.endswith(".ipynb"):
        return _notebook(text)
    role = "code" if lower.endswith(_CODE) else "text"
    return Preview("text", (_text(text, role),), truncated=_long(text))


def _decoded(data: bytes) -> str | None:
    if b"\x00" in data[:65_536]:
        return None
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            return data[: MAX_TEXT * 4].decode(encoding)
        except UnicodeDecodeError as error:
            if encoding == "utf-8-sig" and error.start > MAX_TEXT * 4 - 4:
                return data[: error.start].decode(encoding)
    return None


def _long(text: str) -> bool:
    return len(text) > MAX_TEXT or text.count("\n") > MAX_LINES


def _text(text: str, role: str) -> Text:
    lines = text[:MAX_TEXT].split("\n")[:MAX_LINES]
    return Text(clean("\n".join(lines)), role)


def _delimited(text: str, delimiters: str) -> Preview:
    first = text.split("\n", 1)[0]
    delimiter = max(delimiters, key=first.count)
    rows: list[tuple[str, ...]] = []
    reader = csv.reader(io.StringIO(text), delimiter=delimiter)
    more = False
    for row in reader:
        if len(rows) >= MAX_ROWS:
            more = True
            break
        rows.append(_row(row))
        more = more or len(row) > MAX_COLUMNS
    return Preview("table", (Table(tuple(rows)),), truncated=more)


def _row(cells: Any) -> tuple[str, ...]:
    return tuple(clean("" if cell is None else str(cell), MAX_CELL) for cell in list(cells)[:MAX_COLUMNS])


def _workbook(data: bytes) -> Preview:
    book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
    tables: list[Block] = []
    more = False
    for name in book.sheet_names[:20]:
        sheet = book.get_sheet_by_name(name)
        more = more or sheet.height > MAX_ROWS or sheet.width > MAX_COLUMNS
        rows = sheet.to_python(nrows=MAX_ROWS)
        tables.append(Table(tuple(_row(row) for row in rows), clean(name, 200)))
    return Preview("table", tuple(tables), truncated=more or len(book.sheet_names) > 20)


def _picture(data: bytes) -> Preview:
    with PIL.Image.open(io.BytesIO(data), formats=_FORMATS) as picture:
        frames = getattr(picture, "n_frames", 1)
        return Preview("image", (_encoded(picture),), truncated=frames > 1)


def _encoded(picture: PIL.Image.Image) -> Image:
    """Pixels only, encoded anew: nothing of the file's own bytes remains."""
    shown = picture.convert("RGBA" if "A" in picture.getbands() or "transparency" in picture.info else "RGB")
    shown.thumbnail((MAX_SIDE, MAX_SIDE))
    bare = PIL.Image.frombytes(shown.mode, shown.size, shown.tobytes())
    out = io.BytesIO()
    bare.save(out, "PNG")
    return Image(out.getvalue(), bare.width, bare.height)


def _pdf(data: bytes) -> Preview:
    document = pypdfium2.PdfDocument(data)
    pages: list[Block] = []
    for index in range(min(len(document), MAX_PAGES)):
        page = document[index]
        width, height = page.get_size()
        scale = min(1.5, MAX_SIDE / max(width, height, 1))
        pages.append(_encoded(page.render(scale=scale, may_draw_forms=False).to_pil()))
    return Preview("pdf", tuple(pages), truncated=len(document) > MAX_PAGES)


def _notebook(text: str) -> Preview:
    body = json.loads(text)
    blocks: list[Block] = []
    for cell in body["cells"]:
        role = {"code": "code", "markdown": "markdown"}.get(str(cell.get("cell_type")), "text")
        blocks.append(_text(_joined(cell.get("source", "")), role))
        for output in cell.get("outputs", []):
            blocks += _output(output)
    images = [block for block in blocks if isinstance(block, Image)]
    kept = [block for block in blocks if not isinstance(block, Image) or block in images[:MAX_IMAGES]]
    return Preview("notebook", tuple(kept[:MAX_BLOCKS]), truncated=len(kept) > MAX_BLOCKS or kept != blocks)


def _output(output: dict[str, Any]) -> list[Block]:
    """Every representation as text, pictures as pictures: an HTML output is shown as its source, never as HTML."""
    blocks: list[Block] = []
    if "text" in output:
        blocks.append(_text(_joined(output["text"]), "output"))
    if "traceback" in output:
        blocks.append(_text(_joined(output["traceback"]), "output"))
    for kind, content in output.get("data", {}).items():
        if kind in {"image/png", "image/jpeg"}:
            blocks += _picture(base64.b64decode(_joined(content))).blocks
        else:
            shown = content if isinstance(content, str | list) else json.dumps(content)
            blocks.append(_text(_joined(shown), "output"))
    return blocks


def _joined(source: Any) -> str:
    return "".join(map(str, source)) if isinstance(source, list) else str(source)


def _starts(*marks: bytes) -> Callable[[bytes], bool]:
    return lambda data: data.startswith(marks)


def _is_workbook(data: bytes) -> bool:
    return data.startswith(b"PK\x03\x04") and (b"xl/workbook.xml" in data or b"content.xml" in data)


_READERS: tuple[tuple[Callable[[bytes], bool], Callable[[bytes], Preview]], ...] = (
    (_starts(b"%PDF-"), _pdf),
    (_starts(b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"BM", b"II*\x00", b"MM\x00*", b"RIFF"), _picture),
    (_is_workbook, _workbook),
)

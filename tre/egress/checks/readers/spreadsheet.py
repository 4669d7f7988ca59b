"""xlsx, xlsm, xlsb, xls, ods: cells through calamine; everything hidden through the package's own XML."""

import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from tre.egress.checks.parts import Blob, Part, Table, Text, Trait
from tre.egress.checks.reader import Reader
from tre.egress.checks.readers.archives import join
from tre.egress.checks.readers.delimited import tables_of
from tre.egress.checks.readers.ooxml import package_parts, xml_root

_MAX_BYTES = 128_000_000
_MAX_ROWS = 200_000
_NS = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def read(blob: Blob) -> Iterator[Part]:
    """Tables of every sheet, visible or not; pivot caches as tables of their own."""
    data = blob.read(_MAX_BYTES)
    if data[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            total = sum(info.file_size for info in package.infolist())
            if total > blob.limits.max_ratio * len(data) + (64 << 20):
                yield Trait(blob.origin, "archive-ratio")
                return
            yield from _package(package, blob)
    elif b"E\x00n\x00c\x00r\x00y\x00p\x00t\x00e\x00d\x00P\x00a\x00c\x00k\x00a\x00g\x00e" in data:
        yield Trait(blob.origin, "encrypted")
        return
    elif data[:4] == b"\xd0\xcf\x11\xe0":
        yield from _ole(data, blob)
    yield from _sheets(data, blob)


def _sheets(data: bytes, blob: Blob) -> Iterator[Part]:
    from python_calamine import CalamineWorkbook, SheetVisibleEnum  # noqa: PLC0415

    book = CalamineWorkbook.from_filelike(io.BytesIO(data))
    for meta in book.sheets_metadata:
        origin = replace(blob.origin, sheet=meta.name[:80])
        hidden = "" if meta.visible == SheetVisibleEnum.Visible else "sheet"
        sheet = book.get_sheet_by_name(meta.name)
        rows = _rows(sheet, blob.limits.max_cells)
        if hidden and rows:
            very = meta.visible == SheetVisibleEnum.VeryHidden
            yield Trait(origin, "xlsx-very-hidden-sheet" if very else "xlsx-hidden-sheet", {"rows": len(rows)})
        if not rows:
            continue
        inner = replace(blob, origin=origin)
        for part in tables_of(rows, inner):
            yield replace(part, hidden=hidden) if isinstance(part, Table) else part


def _rows(sheet: Any, max_cells: int) -> list[list[str]]:
    rows: list[list[str]] = []
    cells = 0
    for row in sheet.iter_rows():
        cells += len(row)
        rows.append([_text(value) for value in row])
        if cells > 2 * max_cells or len(rows) > _MAX_ROWS:
            break
    while rows and not any(rows[-1]):
        rows.pop()
    return rows


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    return "" if value is None else str(value)


def _package(package: zipfile.ZipFile, blob: Blob) -> Iterator[Part]:
    names = set(package.namelist())
    yield from package_parts(package, blob)
    for name in sorted(names):
        if re.match(r"xl/pivotCache/pivotCacheRecords\d*\.xml$", name):
            yield from _pivot(package, name, blob)
        elif name.startswith("xl/externalLinks/externalLink") and name.endswith(".xml"):
            dde = b"ddeLink" in package.read(name)[:200_000]
            yield Trait(
                replace(blob.origin, member=join(blob.origin.member, name)),
                "office-dde" if dde else "xlsx-external-link",
            )
        elif name.startswith("xl/model/"):
            yield Trait(replace(blob.origin, member=join(blob.origin.member, name)), "xlsx-data-model")
        elif re.match(r"xl/(?:comments|threadedComments/)", name):
            yield from _comments(package, name, blob)
        elif re.match(r"xl/worksheets/sheet\d+\.xml$", name):
            yield from _hidden_rows(package, name, blob)
    if "xl/workbook.xml" in names:
        yield from _defined_names(package, blob)


def _pivot(package: zipfile.ZipFile, name: str, blob: Blob) -> Iterator[Part]:
    """The records behind a pivot table: the data a person does not see."""
    definition = name.replace("Records", "Definition")
    fields: list[tuple[str, list[str]]] = []
    if definition in package.namelist():
        for field in xml_root(package.read(definition)).iter(f"{_NS}cacheField"):
            shared = [item.get("v", "") for item in field.findall(f"{_NS}sharedItems/*")]
            fields.append((field.get("name", ""), shared))
    rows: list[tuple[str, ...]] = []
    for record in xml_root(package.read(name)).iter(f"{_NS}r"):
        row = []
        for index, item in enumerate(record):
            value = item.get("v", "")
            shared = fields[index][1] if index < len(fields) else []
            row.append(
                shared[int(value)]
                if item.tag.endswith("}x") and value.isdigit() and int(value) < len(shared)
                else value
            )
        rows.append(tuple(row))
        if len(rows) >= blob.limits.max_rows_held:
            break
    origin = replace(blob.origin, member=join(blob.origin.member, name))
    if rows:
        yield Trait(origin, "xlsx-pivot-cache", {"rows": len(rows)})
        header = tuple(field for field, _ in fields) or tuple(f"c{i}" for i in range(len(rows[0])))
        width = max(len(header), *(len(row) for row in rows))
        grid = tuple(row + ("",) * (width - len(row)) for row in (header, *rows))
        yield Table(origin, rows=grid, total_rows=len(grid), hidden="pivot-cache", header_rows=1)


def _comments(package: zipfile.ZipFile, name: str, blob: Blob) -> Iterator[Part]:
    text = " ".join(xml_root(package.read(name)).itertext()).strip()
    if text:
        origin = replace(blob.origin, member=join(blob.origin.member, name))
        yield Trait(origin, "xlsx-comment")
        yield Text(origin, text, "comment")


def _hidden_rows(package: zipfile.ZipFile, name: str, blob: Blob) -> Iterator[Part]:
    data = package.read(name)
    rows = len(re.findall(rb"<row [^>]*hidden=\"(?:1|true)\"", data))
    columns = len(re.findall(rb"<col [^>]*hidden=\"(?:1|true)\"", data))
    if rows or columns:
        yield Trait(
            replace(blob.origin, member=join(blob.origin.member, name)),
            "xlsx-hidden-rows",
            {"rows": rows, "columns": columns},
        )


def _defined_names(package: zipfile.ZipFile, blob: Blob) -> Iterator[Part]:
    root = xml_root(package.read("xl/workbook.xml"))
    hidden = [
        item
        for item in root.iter(f"{_NS}definedName")
        if item.get("hidden") in ("1", "true") and not item.get("name", "").startswith("_xlnm")
    ]
    if hidden:
        yield Trait(blob.origin, "xlsx-defined-name", {"count": len(hidden)})


def _ole(data: bytes, blob: Blob) -> Iterator[Part]:
    if b"_\x00V\x00B\x00A\x00_\x00P\x00R\x00O\x00J\x00E\x00C\x00T" in data or b"V\x00B\x00A\x00" in data:
        yield Trait(blob.origin, "office-macro")


READER = Reader("spreadsheet", kinds=("xlsx", "xlsb", "xls", "ods"), read=read)

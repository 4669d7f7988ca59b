"""HTML: tables, visible text, comments, embedded JSON (plots, widgets, paged tables), data addresses. Nothing is executed or fetched."""

import base64
import binascii
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import unquote_to_bytes

from tre.egress.checks.decode import decode
from tre.egress.checks.parts import Blob, Child, Part, Table, Text, Trait
from tre.egress.checks.reader import Reader
from tre.egress.checks.readers.printed import printed_tables
from tre.egress.checks.readers.structured import json_parts

_MAX_BYTES = 128_000_000
_MAX_SCRIPTS = 2_000
_MAX_VALUES = 60  # JSON values taken out of one script
_DATA_URI = re.compile(r"data:([a-z]+/[a-z0-9.+-]+)?(?:;[a-z0-9=-]+)*?(;base64)?,([^\"'\s)>]+)", re.I)
_JSON_START = re.compile(r"[=(,:]\s*['`]?([\[{])(?=\s*[\[{\"])")
_RNB = re.compile(r"rnb-(?:source|frame|output)-begin\s+([A-Za-z0-9+/=]{16,})")
_INTERACTIVE = re.compile(
    r"Plotly\.newPlot|plotly-graph-div|bk-root|Bokeh\.|vegaEmbed|htmlwidget|echarts\.init|Highcharts|leaflet", re.I
)
_SUFFIX = {
    "image/png": ".png",
    "image/jpeg": ".jpg",
    "image/svg+xml": ".svg",
    "image/gif": ".gif",
    "application/pdf": ".pdf",
    "text/csv": ".csv",
    "application/json": ".json",
}
_BORING = re.compile(r"^(?:font/|application/(?:font|x-font|javascript|x-javascript)|text/(?:css|javascript))", re.I)


def read(blob: Blob) -> Iterator[Part]:
    """Tables first, then text, then what scripts and addresses hold."""
    if blob.size > _MAX_BYTES:
        yield Trait(blob.origin, "cap", {"what": "size"})
        return
    yield from html_parts(decode(blob.read()), blob)


def html_parts(text: str, blob: Blob, printed: bool = False) -> Iterator[Part]:
    """Parts of a page (notebooks use it for their outputs)."""
    from selectolax.lexbor import LexborHTMLParser  # noqa: PLC0415

    page = LexborHTMLParser(text)
    scripts = [node for node in page.css("script")][:_MAX_SCRIPTS]
    contents = [(dict(node.attributes), node.text() or "") for node in scripts]
    if any(_INTERACTIVE.search(content) for _, content in contents) or _INTERACTIVE.search(text[:2_000_000]):
        yield Trait(blob.origin, "html-interactive")
    yield from _tables(page, blob, printed)
    yield from _scripts(contents, blob)
    yield from _comments(text, blob)
    yield from _addresses(text, blob)
    yield from _prose(page, blob)


def _tables(page: Any, blob: Blob, printed: bool) -> Iterator[Part]:
    for number, node in enumerate(page.css("table"), 1):
        if node.css("table table"):
            continue
        rows = _grid(node)
        width = max(map(len, rows), default=0)
        if not rows or width == 0:
            continue
        caption = node.css_first("caption")
        grid = tuple(tuple(row) + ("",) * (width - len(row)) for row in rows)
        head = len(node.css("thead tr")) or None
        yield Table(
            replace(blob.origin, pointer=f"{blob.origin.pointer}/table/{number}"),
            rows=grid,
            caption=caption.text(strip=True)[:400] if caption else "",
            total_rows=len(grid),
            printed=printed or "dataframe" in (node.attributes.get("class") or ""),
            header_rows=head if head is not None and head < len(grid) else None,
        )


def _grid(table: Any) -> list[list[str]]:
    """Cells with their spans filled in."""
    rows: list[list[str]] = []
    below: dict[int, tuple[int, str]] = {}
    for line in table.css("tr")[:200_000]:
        row: list[str] = []
        for cell in (child for child in line.iter() if child.tag in ("td", "th")):
            _carry(row, below)
            text = re.sub(r"\s+", " ", cell.text(separator=" ", strip=False)).strip()
            wide, high = _span(cell, "colspan"), _span(cell, "rowspan")
            for _ in range(wide):
                if high > 1:
                    below[len(row)] = (high - 1, text)
                row.append(text)
        _carry(row, below)
        if row:
            rows.append(row)
    return rows


def _carry(row: list[str], below: dict[int, tuple[int, str]]) -> None:
    while len(row) in below:
        left, text = below.pop(len(row))
        if left > 1:
            below[len(row)] = (left - 1, text)
        row.append(text)


def _span(cell: Any, name: str) -> int:
    value = cell.attributes.get(name) or "1"
    return min(int(value), 200) if value.isdigit() and int(value) > 0 else 1


def _scripts(contents: list[tuple[dict[str, str | None], str]], blob: Blob) -> Iterator[Part]:
    for number, (attributes, content) in enumerate(contents, 1):
        origin = replace(blob.origin, pointer=f"{blob.origin.pointer}/script/{number}")
        inner = replace(blob, origin=origin)
        if "json" in (attributes.get("type") or "").lower():
            try:
                yield from json_parts(json.loads(content), inner)
            except ValueError:
                yield Trait(origin, "parse-error", {"what": "json"})
        elif content and not attributes.get("src"):
            for value in json_values(content):
                yield from json_parts(value, inner)


def json_values(script: str) -> Iterator[Any]:
    """JSON values written into a script: plot data, table data."""
    decoder = json.JSONDecoder()
    position, found = 0, 0
    while found < _MAX_VALUES:
        match = _JSON_START.search(script, position)
        if match is None:
            return
        try:
            value, position = decoder.raw_decode(script, match.start(1))
        except (ValueError, RecursionError):
            position = match.end()
            continue
        if _has_numbers(value):
            found += 1
            yield value


def _has_numbers(value: Any) -> bool:
    stack, looked = [value], 0
    numbers = 0
    while stack and looked < 20_000:
        looked += 1
        item = stack.pop()
        if isinstance(item, dict):
            stack.extend(item.values())
        elif isinstance(item, list):
            stack.extend(item[:500])
        elif isinstance(item, int | float) and not isinstance(item, bool):
            numbers += 1
            if numbers >= 5:
                return True
    return False


def _comments(text: str, blob: Blob) -> Iterator[Part]:
    for match in list(_RNB.finditer(text))[:1000]:
        try:
            data = base64.b64decode(match[1], validate=True)
        except (binascii.Error, ValueError):
            continue
        yield Text(blob.origin, data.decode("utf-8", "replace"), "hidden")


def _addresses(text: str, blob: Blob) -> Iterator[Part]:
    for number, match in enumerate(_DATA_URI.finditer(text), 1):
        if number > 500:
            yield Trait(blob.origin, "cap", {"what": "data addresses"})
            return
        kind = (match[1] or "text/plain").lower()
        if _BORING.match(kind) or len(match[3]) < 200:
            continue
        try:
            data = base64.b64decode(match[3] + "==") if match[2] else unquote_to_bytes(match[3])
        except (binascii.Error, ValueError):
            continue
        name = f"data-{number}{_SUFFIX.get(kind, '')}"
        yield Child(replace(blob.origin, member=_join(blob.origin.member, name)), name, data)


def _join(member: str, name: str) -> str:
    return f"{member}!{name}" if member else name


def _prose(page: Any, blob: Blob) -> Iterator[Part]:
    blocks = [node.text() or "" for node in page.css("pre")]
    for tag in ("script", "style", "table", "template", "noscript"):
        for node in page.css(tag):
            node.decompose()
    body = page.body
    text = body.text(separator="\n") if body else ""
    text = re.sub(r"\n\s*\n+", "\n\n", text)
    if text.strip():
        yield Text(blob.origin, text[: blob.limits.max_text])
    for number, block in enumerate(blocks[:1000], 1):
        for printed in printed_tables(block):
            origin = replace(blob.origin, pointer=f"{blob.origin.pointer}/pre/{number}", line=0)
            yield Table(origin, rows=printed.rows, caption=printed.caption, total_rows=len(printed.rows), printed=True)


READER = Reader("html", kinds=("html",), read=read)

"""Jupyter notebooks: sources, every output in every format, attachments, widget state."""

import base64
import binascii
import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from tre.egress.checks.decode import decode
from tre.egress.checks.parts import Blob, Child, Code, Part, Table, Text, Trait
from tre.egress.checks.reader import Reader
from tre.egress.checks.readers.html import html_parts
from tre.egress.checks.readers.plain import text_parts
from tre.egress.checks.readers.structured import json_parts

_MAX_BYTES = 128_000_000
_IMAGES = {"image/png": ".png", "image/jpeg": ".jpg", "image/gif": ".gif", "application/pdf": ".pdf"}


def read(blob: Blob) -> Iterator[Part]:
    """Parts cell by cell; pointers are JSON pointers into the notebook."""
    if blob.size > _MAX_BYTES:
        yield Trait(blob.origin, "cap", {"what": "size"})
        return
    notebook = json.loads(decode(blob.read()))
    cells = notebook.get("cells")
    if cells is None:  # nbformat 3
        cells = [cell for sheet in notebook.get("worksheets", []) for cell in sheet.get("cells", [])]
    language = str(notebook.get("metadata", {}).get("kernelspec", {}).get("language", ""))
    for index, cell in enumerate(cells):
        yield from _cell(cell, replace(blob, origin=replace(blob.origin, pointer=f"/cells/{index}")), language)
    widgets = notebook.get("metadata", {}).get("widgets")
    if widgets:
        inner = replace(blob, origin=replace(blob.origin, pointer="/metadata/widgets"))
        yield Trait(inner.origin, "notebook-widget")
        yield from json_parts(widgets, inner)


def _cell(cell: Mapping[str, Any], blob: Blob, language: str) -> Iterator[Part]:
    source = _joined(cell.get("source", cell.get("input", "")))
    if cell.get("cell_type") == "code":
        yield Code(blob.origin, source, language)
    else:
        yield from _text(source, blob)
    for name, bundle in (cell.get("attachments") or {}).items():
        for mime, data in bundle.items():
            yield from _image(f"{name}{_IMAGES.get(mime, '')}", data, blob)
    for index, output in enumerate(cell.get("outputs") or []):
        inner = replace(blob, origin=replace(blob.origin, pointer=f"{blob.origin.pointer}/outputs/{index}"))
        yield Trait(inner.origin, "notebook-output")
        yield from _output(output, inner)


def _output(output: Mapping[str, Any], blob: Blob) -> Iterator[Part]:
    kind = output.get("output_type")
    if kind == "stream":
        yield from _text(_joined(output.get("text", "")), blob)
    elif kind in ("error", "pyerr"):
        yield Trait(blob.origin, "notebook-error")
        yield Text(blob.origin, _joined(output.get("traceback", [])) + "\n" + str(output.get("evalue", "")), "error")
    else:
        data = output.get("data") or {
            f"text/{key}" if key in ("plain", "html", "text") else key: value
            for key, value in output.items()
            if key in ("text", "html")
        }
        yield from _bundle(data, blob)


def _bundle(data: Mapping[str, Any], blob: Blob) -> Iterator[Part]:
    page = _joined(data["text/html"]) if "text/html" in data else ""
    found = list(html_parts(page, blob, printed=True)) if page else []
    yield from found
    for mime, content in data.items():
        if mime in ("text/plain", "text/markdown", "text/text", "text/latex"):
            if not any(isinstance(part, Table) for part in found):
                yield from _text(_joined(content), blob)
        elif mime in _IMAGES:
            yield from _image(f"output{_IMAGES[mime]}", content, blob)
        elif mime == "image/svg+xml":
            svg = _joined(content).encode()
            yield Child(replace(blob.origin, member="output.svg"), "output.svg", svg)
        elif mime != "text/html" and "json" in mime:
            if "plotly" in mime or "vega" in mime or "bokeh" in mime:
                yield Trait(blob.origin, "html-interactive")
            value = content if isinstance(content, dict | list) else _parsed(_joined(content))
            yield from json_parts(value, blob)
        elif mime not in ("text/html", "application/javascript"):
            yield Text(blob.origin, _joined(content))


def _text(text: str, blob: Blob) -> Iterator[Part]:
    for part in text_parts(text, replace(blob, name="output.txt", origin=blob.origin)):
        yield Text(part.origin, part.text) if type(part).__name__ == "Log" else part  # type: ignore[attr-defined]


def _image(name: str, data: Any, blob: Blob) -> Iterator[Part]:
    try:
        raw = base64.b64decode(_joined(data))
    except (binascii.Error, ValueError):
        yield Trait(blob.origin, "parse-error", {"what": "base64"})
        return
    yield Child(replace(blob.origin, member=name), name, raw)


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _joined(value: Any) -> str:
    return "".join(map(str, value)) if isinstance(value, list) else str(value)


READER = Reader("notebook", kinds=("ipynb",), read=read)

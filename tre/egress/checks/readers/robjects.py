"""RDS and RData, parsed without R: data frames become tables, models are described by the vectors they hold."""

import bz2
import lzma
import warnings
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from tre.egress.checks.parts import Array, Blob, Model, Part, Table, Text
from tre.egress.checks.reader import Reader
from tre.egress.checks.readers.archives import decompress
from tre.egress.checks.readers.records import text_of

_MAX_PLAIN = 400_000_000
_MAX_NODES = 200_000
_MAX_ROWS = 5_000
_ATOMIC = {"INT": "int", "REAL": "double", "LGL": "logical", "STR": "character", "CPLX": "complex"}


def read(blob: Blob) -> Iterator[Part]:
    """Tables for data frames at the top, one `Model` for everything else, one `Text` with the strings."""
    import rdata  # noqa: PLC0415

    data = blob.read()
    head = data[:8]
    if head[:2] == b"\x1f\x8b":
        data = decompress(data, head, min(_MAX_PLAIN, blob.limits.max_ratio * max(len(data), 10_000)))
    elif head[:3] == b"BZh":
        data = bz2.BZ2Decompressor().decompress(data, _MAX_PLAIN)
    elif head[:6] == b"\xfd7zXZ\x00":
        data = lzma.LZMADecompressor().decompress(data, _MAX_PLAIN)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        parsed = rdata.parser.parse_data(data, expand_altrep=True, extension=".rda" if data[:3] == b"RDX" else ".rds")
    walk = _Walk(blob)
    yield from walk.parts(parsed.object)


class _Walk:
    """Goes through the parsed tree once, by names."""

    def __init__(self, blob: Blob) -> None:
        self.blob = blob
        self.arrays: list[Array] = []
        self.names: set[str] = set()
        self.classes: set[str] = set()
        self.strings: list[str] = []
        self.tables: list[Table] = []
        self.seen: set[int] = set()

    def parts(self, root: Any) -> Iterator[Part]:
        queue: list[tuple[str, Any]] = [("", root)]
        visited = 0
        while queue and visited < _MAX_NODES:
            path, node = queue.pop(0) if len(queue) < 500 else queue.pop()
            visited += 1
            if node is None or id(node) in self.seen:
                continue
            self.seen.add(id(node))
            queue.extend(self._visit(path, node))
        yield from self.tables
        if self.classes - {"data.frame", "tbl_df", "tbl", "data.table", "factor", "Date", "POSIXct"} or not self.tables:
            yield Model(
                self.blob.origin, "r", tuple(sorted(self.classes)), tuple(self.arrays), (), tuple(sorted(self.names))
            )
        text = "\n".join(self.strings)
        if text:
            yield Text(self.blob.origin, text[:2_000_000], "data")

    def _visit(self, path: str, node: Any) -> list[tuple[str, Any]]:
        kind = str(getattr(getattr(node, "info", None), "type", "")).rsplit(".", 1)[-1]
        attributes = _pairs(getattr(node, "attributes", None))
        classes = _strings(attributes.get("class"))
        self.classes.update(classes)
        if "data.frame" in classes and kind == "VEC":
            self._frame(path, node, attributes)
        if kind in _ATOMIC:
            self._atomic(path, node, kind, attributes)
            return [
                (path, attributes[name])
                for name in attributes
                if name not in ("names", "class", "dim", "row.names", "levels")
            ]
        if kind in ("VEC", "EXPR"):
            names = _strings(attributes.get("names"))
            self.names.update(names)
            children = [
                (_join(path, names[i] if i < len(names) else str(i)), item)
                for i, item in enumerate(list(node.value)[:20_000])
            ]
            return children + [(_join(path, f"@{key}"), value) for key, value in attributes.items()]
        if kind in ("LIST", "LANG", "DOT"):
            return [(_join(path, key), value) for key, value in _pairs(node).items()]
        if kind == "S4":
            return [(_join(path, key), value) for key, value in attributes.items()]
        if kind in ("ENV", "CLO", "PROM"):
            value = getattr(node, "value", None)
            inner = (
                [getattr(value, name, None) for name in ("frame", "hash_table", "attributes")]
                if value is not None
                else []
            )
            return [(_join(path, "env"), item) for item in inner if item is not None]
        value = getattr(node, "value", None)
        return [(path, item) for item in value] if isinstance(value, list | tuple) else []

    def _atomic(self, path: str, node: Any, kind: str, attributes: dict[str, Any]) -> None:
        value = node.value
        length = len(value) if hasattr(value, "__len__") else 1
        dims = attributes.get("dim")
        shape = tuple(int(size) for size in dims.value) if dims is not None and hasattr(dims, "value") else (length,)
        if length >= 2:
            self.arrays.append(Array(path or "value", shape, _ATOMIC[kind]))
        if kind == "STR":
            self.strings.extend(text for text in _strings(node)[:2_000] if len(text) > 2)

    def _frame(self, path: str, node: Any, attributes: dict[str, Any]) -> None:
        names = _strings(attributes.get("names"))
        columns = [_column(item) for item in node.value]
        height = max(map(len, columns), default=0)
        if not names or not height or len(self.tables) >= 200:
            return
        body = tuple(
            tuple(column[row] if row < len(column) else "" for column in columns)
            for row in range(min(height, _MAX_ROWS))
        )
        origin = replace(self.blob.origin, pointer=path)
        self.tables.append(
            Table(origin, rows=(tuple(names), *body), total_rows=height + 1, total_columns=len(names), header_rows=1)
        )


def _join(path: str, name: str) -> str:
    return f"{path}${name}"[-200:] if path else name[:120]


def _pairs(node: Any) -> dict[str, Any]:
    """A pair list as a mapping."""
    found: dict[str, Any] = {}
    count = 0
    while node is not None and count < 5_000:
        value = getattr(node, "value", None)
        if not isinstance(value, tuple | list) or len(value) != 2:
            break
        tag = getattr(node, "tag", None)
        name = getattr(getattr(tag, "referenced_object", None) or tag, "value", None)
        text = getattr(name, "value", b"")
        found[text.decode("utf-8", "replace") if isinstance(text, bytes) else f"[{count}]"] = value[0]
        node = value[1]
        count += 1
    return found


def _strings(node: Any) -> list[str]:
    value = getattr(node, "value", None)
    if not isinstance(value, list | tuple):
        return []
    return [item.value.decode("utf-8", "replace") for item in value if isinstance(getattr(item, "value", None), bytes)]


def _column(node: Any) -> list[str]:
    """A column's values as text; factors by their labels."""
    attributes = _pairs(getattr(node, "attributes", None))
    levels = _strings(attributes.get("levels"))
    kind = str(getattr(getattr(node, "info", None), "type", "")).rsplit(".", 1)[-1]
    if kind == "STR":
        return [
            item.value.decode("utf-8", "replace") if isinstance(getattr(item, "value", None), bytes) else ""
            for item in node.value
        ]
    values = (
        [value.item() if hasattr(value, "item") else value for value in list(node.value)[: _MAX_ROWS + 1]]
        if hasattr(node.value, "__iter__")
        else []
    )
    if levels:
        return [
            levels[int(value) - 1] if isinstance(value, int) and 0 < value <= len(levels) else "" for value in values
        ]
    return ["" if value != value else text_of(value) for value in values]  # noqa: PLR0124  NaN


READER = Reader("robjects", kinds=("rds", "rdata"), read=read)

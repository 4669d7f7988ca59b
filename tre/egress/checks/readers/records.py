"""Tables inside JSON values: records, columns, split frames, matrices."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Rows = tuple[tuple[str, ...], ...]
_SCALAR = (str, int, float, bool, type(None))
_MAX_DEPTH = 40
_MAX_COLUMNS = 2_000


def tables_in(data: Any) -> Iterator[tuple[str, Rows]]:
    """JSON pointer and grid (first row: names) of every table-like value, outermost first."""
    stack: list[tuple[str, Any, int]] = [("", data, 0)]
    while stack:
        pointer, value, depth = stack.pop()
        rows = _as_table(value)
        if rows is not None:
            yield pointer, rows
            continue
        if depth < _MAX_DEPTH:
            stack.extend((f"{pointer}/{_escape(str(key))}", item, depth + 1) for key, item in _children(value))


def text_of(value: Any) -> str:
    """A scalar as it would be printed."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)


def _children(value: Any) -> list[tuple[Any, Any]]:
    if isinstance(value, Mapping):
        return list(value.items())[::-1]
    if isinstance(value, list):
        return list(enumerate(value[:10_000]))[::-1]
    return []


def _escape(key: str) -> str:
    return "".join(c if c.isprintable() else "\ufffd" for c in key).replace("~", "~0").replace("/", "~1")[:80]


def _as_table(value: Any) -> Rows | None:
    if isinstance(value, list):
        return _records(value) or _matrix(value)
    if isinstance(value, Mapping):
        return _split(value) or _columns(value) or _nested(value) or _flat(value)
    return None


def _records(value: Sequence[Any]) -> Rows | None:
    """[{"a": 1, "b": 2}, ...]"""
    if len(value) < 1 or not all(isinstance(item, Mapping) for item in value):
        return None
    names = list(
        dict.fromkeys(str(name) for item in value for name, cell in item.items() if isinstance(cell, _SCALAR))
    )[:_MAX_COLUMNS]
    nested = sum(not isinstance(cell, _SCALAR) for item in value for cell in item.values())
    if len(names) < 1 or nested > 0.5 * sum(len(item) for item in value) or (len(value) == 1 and nested):
        return None
    return (
        tuple(names),
        *(
            tuple(text_of(item.get(name)) if isinstance(item.get(name), _SCALAR) else "" for name in names)
            for item in value
        ),
    )


def _matrix(value: Sequence[Any]) -> Rows | None:
    """[["a", 1], ["b", 2]]"""
    if len(value) < 2 or not all(
        isinstance(row, list) and all(isinstance(cell, _SCALAR) for cell in row) for row in value
    ):
        return None
    width = max(map(len, value))
    if width < 2:
        return None
    first = value[0]
    body = value if any(not isinstance(cell, str) for cell in first) else value[1:]
    names = tuple(map(str, first)) if body is not value else tuple(f"c{i + 1}" for i in range(width))
    return (
        names + ("",) * (width - len(names)),
        *(tuple(text_of(row[i]) if i < len(row) else "" for i in range(width)) for row in body),
    )


def _split(value: Mapping[Any, Any]) -> Rows | None:
    """pandas' split orientation: columns, index, data"""
    columns, data = value.get("columns"), value.get("data")
    if (
        not isinstance(columns, list)
        or not isinstance(data, list)
        or not data
        or not all(isinstance(row, list) for row in data)
    ):
        return None
    names = [str(name.get("name", "")) if isinstance(name, Mapping) else str(name) for name in columns]
    return (
        tuple(names),
        *(
            tuple(text_of(row[i]) if i < len(row) and isinstance(row[i], _SCALAR) else "" for i in range(len(names)))
            for row in data
        ),
    )


def _columns(value: Mapping[Any, Any]) -> Rows | None:
    """{"a": [1, 2], "b": [3, 4]}: columns of one length"""
    lists = {
        str(key): item
        for key, item in value.items()
        if isinstance(item, list) and item and all(isinstance(c, _SCALAR) for c in item)
    }
    if not lists:
        return None
    length = max(map(len, lists.values()))
    same = {key: item for key, item in lists.items() if len(item) == length}
    if length < 2 or (len(same) < 2 and length < 10) or (len(lists) < 0.5 * len(value) and len(same) < 2):
        return None
    return (tuple(same), *(tuple(text_of(item[row]) for item in same.values()) for row in range(length)))


def _nested(value: Mapping[Any, Any]) -> Rows | None:
    """{"a": {"x": 1, "y": 2}, "b": {"x": 3, "y": 4}}: pandas' default orientation, columns first"""
    if len(value) < 1 or not all(
        isinstance(item, Mapping) and item and all(isinstance(c, _SCALAR) for c in item.values())
        for item in value.values()
    ):
        return None
    keys = list(dict.fromkeys(str(key) for item in value.values() for key in item))
    if len(value) > len(keys):  # records by key: rows are the outer keys
        return (
            ("", *keys),
            *((str(outer), *(text_of(item.get(key)) for key in keys)) for outer, item in value.items()),
        )
    rows = tuple(
        (key, *(text_of({str(k): v for k, v in item.items()}.get(key)) for item in value.values())) for key in keys
    )
    return (("", *map(str, value)), *rows)


def _flat(value: Mapping[Any, Any]) -> Rows | None:
    """{"n": 3, "mean": 4.2}: one statistic a key"""
    if len(value) < 2 or not all(isinstance(item, _SCALAR) for item in value.values()):
        return None
    if sum(isinstance(item, int | float) and not isinstance(item, bool) for item in value.values()) < 1:
        return None
    return (("statistic", "value"), *((str(key), text_of(item)) for key, item in value.items()))

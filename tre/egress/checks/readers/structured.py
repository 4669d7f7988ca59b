"""JSON and JSON lines: arrays of records and columns become tables, plot data included; everything else is text."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from tre.egress.checks.decode import decode
from tre.egress.checks.parts import Blob, Part, Table, Text, Trait
from tre.egress.checks.reader import Reader
from tre.egress.checks.readers.records import tables_in

_MAX_WHOLE = 64_000_000


def read(blob: Blob) -> Iterator[Part]:
    """One table per array of records, column mapping or matrix; one text with the strings that are left."""
    if blob.size > _MAX_WHOLE:
        yield Trait(blob.origin, "cap", {"what": "size"})
        yield Text(blob.origin, decode(blob.head(blob.limits.max_text)), "data")
        return
    text = decode(blob.read())
    data = _load(text)
    yield from json_parts(data, blob)


def json_parts(data: Any, blob: Blob) -> Iterator[Part]:
    """Parts of a JSON value that is already parsed (notebooks and pages use it too)."""
    if is_acro(data):
        yield Trait(blob.origin, "acro", _acro(data))
        return
    left = blob.limits.max_cells
    for pointer, rows in tables_in(data):
        cells = len(rows) * len(rows[0])
        if cells > left:
            yield Trait(blob.origin, "cap", {"what": "cells"})
        kept = rows if cells <= left else rows[: max(2, left // max(len(rows[0]), 1))]
        left = max(left - cells, 1000)
        origin = replace(blob.origin, pointer=blob.origin.pointer + pointer)
        yield Table(origin, rows=kept, total_rows=len(rows), total_columns=len(rows[0]), header_rows=1)
    strings = "\n".join(_strings(data, 200_000))
    if strings:
        yield Text(blob.origin, strings, "data")


def is_acro(data: Any) -> bool:
    """acro's record of a session: results by uid, each with a status and an outcome (0.4 and 1.0)."""
    results = data.get("results") if isinstance(data, dict) else None
    return (
        isinstance(results, dict)
        and bool(results)
        and all(isinstance(r, dict) and {"uid", "status", "type"} <= r.keys() for r in results.values())
    )


def _acro(data: dict[str, Any]) -> dict[str, int | str]:
    statuses = [str(result["status"]).lower() for result in data["results"].values()]
    unmended = sum(
        str(r["status"]).lower() == "fail" and r.get("properties", {}).get("mitigation", "none") == "none"
        for r in data["results"].values()
    )
    version = str(data.get("version", ""))
    known = version.startswith(("0.4.", "1.0."))
    return {"outputs": len(statuses), "failed": statuses.count("fail"), "unmended": unmended, "known": int(known)}


def _load(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        lines = [line for line in text.split("\n") if line.strip()]
        return [json.loads(line) for line in lines]


def _strings(data: Any, left: int) -> Iterator[str]:
    stack = [data]
    while stack and left > 0:
        value = stack.pop()
        if isinstance(value, dict):
            stack.extend(value.values())
            stack.extend(value.keys())
        elif isinstance(value, list):
            stack.extend(value[:100_000])
        elif isinstance(value, str):
            left -= 1
            yield value


READER = Reader("structured", kinds=("json", "jsonl"), read=read)

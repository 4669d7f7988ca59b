"""SAS, Stata and SPSS data files, through pyreadstat: rows, labels, notes."""

import os
from collections.abc import Iterator
from typing import Any

from tre.egress.checks.parts import Blob, Part, Table, Text, Trait
from tre.egress.checks.reader import Reader
from tre.egress.checks.readers.records import text_of

_SAMPLE = 5_000
_READERS = {
    ".sas7bdat": "read_sas7bdat",
    ".xpt": "read_xport",
    ".dta": "read_dta",
    ".sav": "read_sav",
    ".zsav": "read_sav",
}


def read(blob: Blob) -> Iterator[Part]:
    """One `Table` with the first rows, one `Text` with labels and notes."""
    import pyreadstat  # noqa: PLC0415

    name = _READERS.get(blob.suffix) or _by_content(blob.head(64))
    path = blob.path or _spooled(blob)
    if not path:
        yield Trait(blob.origin, "unknown-type", {"kind": "statistical file inside a container"})
        return
    columns, meta = getattr(pyreadstat, name)(path, row_limit=_SAMPLE, output_format="dict")
    rows = meta.number_rows if meta.number_rows is not None else len(next(iter(columns.values()), ()))
    names = list(columns)
    body = (
        tuple(zip(*([text_of(_plain(value)) for value in columns[key]] for key in names), strict=True)) if names else ()
    )
    yield Table(
        blob.origin,
        rows=(tuple(map(str, names)), *body),
        total_rows=max(rows, len(body)) + 1,
        total_columns=len(names),
        header_rows=1,
    )
    labels = [str(label) for label in (meta.column_labels or ()) if label]
    values = [str(text) for mapping in (meta.variable_value_labels or {}).values() for text in mapping.values()]
    text = "\n".join([*labels, *values, *map(str, meta.notes or ()), str(meta.file_label or "")])
    if text.strip():
        yield Text(blob.origin, text, "metadata")


def _plain(value: Any) -> Any:
    return value.item() if hasattr(value, "item") else value


def _by_content(head: bytes) -> str:
    if head.startswith((b"$FL2", b"$FL3")):
        return "read_sav"
    if head.startswith(b"HEADER RECORD"):
        return "read_xport"
    return "read_sas7bdat" if head[:4] == b"\x00\x00\x00\x00" else "read_dta"


def _spooled(blob: Blob) -> str:
    """A path for bytes in memory: pyreadstat reads files only. An anonymous memory file, never the disk."""
    if blob.data is None or not hasattr(os, "memfd_create"):
        return ""
    descriptor = os.memfd_create("member")
    try:
        os.write(descriptor, blob.data)
    except OSError:
        os.close(descriptor)
        return ""
    return f"/proc/self/fd/{descriptor}"


READER = Reader("statistical", kinds=("sas7bdat", "xpt", "dta", "sav"), read=read)

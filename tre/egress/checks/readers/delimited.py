"""csv, tsv and other delimited text: encodings, separators, decimal commas, captions, several tables in one file."""

import csv
import io
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from tre.egress.checks.decode import decode, encoding_of
from tre.egress.checks.parts import BigTable, Blob, Part, Table, Text, Trait
from tre.egress.checks.reader import Reader

DELIMITERS = (",", ";", "\t", "|")
_HELD_BYTES = 6_000_000  # above this the file is left to DuckDB
_SAMPLE_BYTES = 1_000_000
_FIELD_LIMIT = 1_000_000


def read(blob: Blob) -> Iterator[Part]:
    """Tables of a delimited file; a large one becomes one `BigTable` with a sample."""
    if blob.size > _HELD_BYTES:
        yield from _big(blob)
        return
    text = decode(blob.read())
    if "\x00" in text:
        text = text.replace("\x00", "")
        yield Trait(blob.origin, "parse-error", {"what": "NUL characters"})
    delimiter = best_delimiter(text.split("\n", 400)[:400]) or ","
    rows = parse_rows(text, delimiter)
    yield from tables_of(rows, blob)


def parse_rows(text: str, delimiter: str) -> list[list[str]]:
    """Rows of a delimited text. Raises csv.Error on a field beyond all measure."""
    csv.field_size_limit(_FIELD_LIMIT)
    return list(csv.reader(io.StringIO(text), delimiter=delimiter, skipinitialspace=True))


def best_delimiter(lines: Sequence[str]) -> str:
    """The separator that gives the most regular columns; empty when none does."""
    lines = [line for line in lines if line.strip()]
    scored: list[tuple[float, int, str]] = []
    for delimiter in DELIMITERS:
        try:
            widths = Counter(len(row) for row in csv.reader(lines, delimiter=delimiter) if row)
        except csv.Error:
            continue
        width, votes = max(
            ((w, n) for w, n in widths.items() if w > 1), key=lambda item: (item[1], item[0]), default=(1, 0)
        )
        scored.append((votes / max(sum(widths.values()), 1), width, delimiter))
    share, width, delimiter = max(scored, default=(0.0, 1, ""), key=lambda item: (round(item[0], 2), item[1]))
    return delimiter if share >= 0.5 and width > 1 else ""


def tables_of(rows: Sequence[Sequence[str]], blob: Blob) -> Iterator[Part]:
    """Split rows at blank lines into tables; lone cells above a table are its caption, elsewhere they are text."""
    limits = blob.limits
    cells = sum(len(row) for row in rows)
    if max(map(len, rows), default=0) > limits.max_columns:
        yield Trait(blob.origin, "cap", {"what": "columns"})
        rows = [row[: limits.max_columns] for row in rows]
        cells = sum(len(row) for row in rows)
    if cells > limits.max_cells:
        yield Trait(blob.origin, "cap", {"what": "cells"})
        rows = rows[: max(2, limits.max_cells * len(rows) // max(cells, 1))]
    for start, block in _blocks(rows):
        width = max((len(row) for row in block), default=0)
        if width == 0:
            continue
        if width == 1 and len(block) == 1:
            yield Text(replace(blob.origin, line=start + 1), block[0][0], "label")
            continue
        grid = tuple(tuple(row) + ("",) * (width - len(row)) for row in block)
        yield Table(blob.origin, rows=grid, first_row=start, total_rows=len(grid), total_columns=width)


def _blocks(rows: Sequence[Sequence[str]]) -> Iterator[tuple[int, list[Sequence[str]]]]:
    """Runs between blank rows; a run that does not begin like a header continues the one before."""
    start = 0
    block: list[Sequence[str]] = []
    for index, row in enumerate(rows):
        if any(cell.strip() for cell in row):
            if not block:
                start = index
            block.append(row)
        elif block and _new_header(rows, index):
            yield start, block
            block = []
        elif block:
            block.append(row)
    if block:
        while block and not any(cell.strip() for cell in block[-1]):
            block.pop()
        yield start, block


def _new_header(rows: Sequence[Sequence[str]], blank: int) -> bool:
    """Whether the rows after a blank begin another table: a title or none, then a header. A section title over numbers does not."""
    for row in rows[blank + 1 : blank + 8]:
        filled = [cell.strip() for cell in row if cell.strip()]
        if len(filled) > 1:
            return not any(char.isdigit() for cell in filled[1:] for char in cell)
    return False


def _big(blob: Blob) -> Iterator[Part]:
    head = blob.head(_SAMPLE_BYTES)
    encoding = encoding_of(head[:65536])
    text = decode(head)
    lines = text.split("\n")[:-1] or [text]
    delimiter = best_delimiter(lines[:400]) or ","
    rows = parse_rows("\n".join(lines[:5000]), delimiter)
    width = max((len(row) for row in rows), default=0)
    if width > blob.limits.max_columns:
        yield Trait(blob.origin, "cap", {"what": "columns"})
        rows = [row[: blob.limits.max_columns] for row in rows[:20]]
        width = blob.limits.max_columns
    grid = tuple(tuple(row) + ("",) * (width - len(row)) for row in rows)
    sample = Table(blob.origin, rows=grid, total_rows=10**9, total_columns=width)
    path = blob.path
    if not path:
        yield Trait(blob.origin, "cap", {"what": "large table inside a container"})
        yield sample
        return
    columns = tuple(grid[0]) if grid else ()
    yield BigTable(
        blob.origin, path=path, format="csv", delimiter=delimiter, encoding=encoding, columns=columns, sample=sample
    )


READER = Reader("delimited", kinds=("csv",), read=read)

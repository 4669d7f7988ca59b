"""Where a grid's caption, header and body are."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from tre.egress.checks.tables.cells import Cell, Kind, clean, parse
from tre.egress.checks.tables.lexicon import YEAR, says_count

Rows = Sequence[Sequence[str]]
_MAX_HEADER = 4
_NUMERIC = (Kind.NUMBER, Kind.PAIR, Kind.INTERVAL)


@dataclass(frozen=True)
class Layout:
    """0-based: ``header`` rows are [start, body); rows before ``start`` are captions."""

    start: int
    body: int
    caption: str


def layout_of(rows: Rows, given: int | None = None) -> Layout:
    """Infer caption and header rows; ``given`` is the number of header rows when a reader knows it."""
    start = 0
    width = max((len(row) for row in rows), default=0)
    while start < len(rows) - 1 and width > 1 and _filled(rows[start]) <= 1:
        start += 1
    caption = " ".join(clean(cell) for row in rows[:start] for cell in row if cell.strip())
    if given is not None:
        return Layout(0, min(given, len(rows)), "")
    return Layout(start, start + _header_rows(rows[start:]), caption)


def _header_rows(rows: Rows) -> int:
    if not rows:
        return 0
    if not _looks_header(rows[0], rows[1:8]):
        return 0
    count = 1
    while count < min(_MAX_HEADER, len(rows) - 1) and _continues_header(rows[count], rows[count + 1 : count + 8]):
        count += 1
    return count


def _looks_header(row: Sequence[str], below: Rows) -> bool:
    cells = [parse(text) for text in row]
    numeric = [i for i, cell in enumerate(cells) if cell.kind in _NUMERIC]
    if not numeric:
        return True
    texts = [i for i, cell in enumerate(cells) if cell.kind is Kind.TEXT]
    if len(numeric) == 1 and len(texts) >= 3 and _numeric_below(below):
        return True
    return _years_or_steps(row, cells, numeric, below)


def _years_or_steps(row: Sequence[str], cells: list[Cell], numeric: list[int], below: Rows) -> bool:
    """A header of years, of bands, or of codes 0, 1, 2 ... over a body that is not a continuation of them."""
    body = [index for index in numeric if index > 0 or len(row) == len(numeric)]
    if not body or not below:
        return False
    if all(YEAR.match(clean(row[i])) for i in body):
        return not all(i < len(line) and YEAR.match(clean(line[i])) for i in body for line in below)
    if all(cells[i].kind is Kind.INTERVAL for i in body):
        return not any(i < len(line) and parse(line[i]).kind is Kind.INTERVAL for i in body for line in below)
    values = [cells[i].value for i in body]
    steps = [b - a for a, b in pairwise(values)]
    starts = values[0] in (0, 1) and all(step == 1 for step in steps) and len(values) >= 2
    return starts and (not clean(row[0]) or parse(row[0]).kind is Kind.TEXT)


def _continues_header(row: Sequence[str], below: Rows) -> bool:
    if _filled(row) <= 1:
        return False
    cells = [parse(text) for text in row[1:]]
    if any(cell.kind in (*_NUMERIC, Kind.DATE, Kind.SUPPRESSED) for cell in cells):
        return False
    words = [text for text in row[1:] if clean(text)]
    repeated = len(set(words)) < len(words) or any(says_count(word) for word in words)
    return repeated and _numeric_below(below)


def _numeric_below(below: Rows) -> bool:
    return any(parse(text).kind in _NUMERIC for row in below for text in row[1:])


def _filled(row: Sequence[str]) -> int:
    return sum(1 for cell in row if cell.strip())

"""Arithmetic evidence that numbers are counts: margins, companion percentages, composites, size."""

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from tre.egress.checks.tables.cells import Cell, Kind
from tre.egress.checks.tables.frame import Column, Frame, Role

_NUMERIC = (Kind.NUMBER, Kind.PAIR)
_GRID_ROWS = 500


def composite_share(column: Column) -> float:
    """Share of cells that read "whole number (number up to 100)"."""
    filled = [cell for cell in column.cells if cell.kind is not Kind.EMPTY]
    pairs = [cell for cell in filled if cell.kind is Kind.PAIR and cell.integer and 0 <= cell.second <= 100]
    return len(pairs) / len(filled) if filled else 0.0


def sums_to_total(cells: Sequence[Cell], total_row: int) -> bool:
    """Whether the cell at ``total_row`` is the sum of the cells above it back to the previous gap (two addends at least)."""
    total = cells[total_row]
    others = [cell.value for row, cell in enumerate(cells) if row != total_row and cell.kind in _NUMERIC]
    if total.kind not in _NUMERIC or len(others) < 2 or total.value <= max(others):
        return False
    return abs(sum(others) - total.value) < 0.5 or _run_sums(cells, total_row)


def _run_sums(cells: Sequence[Cell], total_row: int) -> bool:
    """The next or previous run of rows adds up to the total (a subtotal before or after its parts)."""
    target = cells[total_row].value
    for step in (-1, 1):
        running, count, row = 0.0, 0, total_row + step
        while 0 <= row < len(cells) and cells[row].kind in _NUMERIC and running < target:
            running += cells[row].value
            count += 1
            row += step
        if count >= 2 and abs(running - target) < 0.5:
            return True
    return False


def companion(column: Column, frame: Frame) -> bool:
    """A percentage, in brackets or in another column, that is n/total within its rounding for at least three cells."""
    if _pairs_agree(
        [(cell.value, cell.second, cell.second_decimals) for cell in column.cells if cell.kind is Kind.PAIR]
    ):
        return True
    counts = column.cells
    for other in frame.columns[max(column.index - 3, 0) : column.index + 4]:
        if other.index == column.index:
            continue
        if other.role not in (Role.PERCENT, Role.RATE, Role.NUMBER):
            continue
        pairs = [
            (n.value, p.value, p.decimals)
            for n, p in zip(counts, other.cells, strict=True)
            if n.kind in _NUMERIC
            and n.integer
            and p.kind is Kind.NUMBER
            and (p.decimals > 0 or p.percent or other.role is Role.PERCENT)
        ]
        if _pairs_agree(pairs):
            return True
    return False


def _pairs_agree(pairs: list[tuple[float, float, int]]) -> bool:
    """One total N explains most pairs (n, p): p = 100 n / N, or n / N, within rounding."""
    useful = [(n, p, d) for n, p, d in pairs if n > 0 and 0 < p <= 100]
    if len(useful) < 3 or len({n for n, _, _ in useful}) < 2:
        return False
    scale = 1.0 if all(p <= 1 for _, p, _ in useful) else 100.0
    n0, p0, _ = max(useful, key=lambda item: item[0])
    best = 0
    for total in {n0 * scale / p0, sum(n for n, _, _ in useful), *(n * scale / p for n, p, _ in useful[:5])}:
        fits = sum(abs(scale * n / total - p) <= 0.51 * 10**-d + 1e-9 + _slack(n0, p0, total) for n, p, d in useful)
        best = max(best, fits)
    return best >= max(3, 0.7 * len(useful))


def _slack(n: float, p: float, total: float) -> float:
    # the total itself was derived from a rounded percentage
    return 0.0 if n <= 0 or total <= 0 else 0.002 * p


def large_integers(column: Column) -> bool:
    """At least a fifth of the numbers are whole and over 50, and they are not an even series of codes."""
    numbers = [cell.value for cell in column.cells if cell.kind in _NUMERIC and cell.integer]
    if len(numbers) < 2:
        return False
    over = sum(value > 50 for value in numbers)
    steps = Counter(b - a for a, b in pairwise(numbers))
    even = len(numbers) > 4 and max(steps.values()) > 0.8 * (len(numbers) - 1) and 0 not in steps
    return over >= 0.2 * len(numbers) and not even


def grid_of_integers(frame: Frame) -> bool:
    """Every value column holds whole numbers only: the shape of a cross-tabulation."""
    values = [column for column in frame.columns if column.role is Role.NUMBER]
    others = [
        column
        for column in frame.columns
        if column.role not in (Role.NUMBER, Role.LABEL, Role.EMPTY, Role.YEAR, Role.CODE, Role.DATE)
    ]
    if not values or others or not any(column.role in (Role.LABEL, Role.YEAR) for column in frame.columns):
        return False
    cells = [cell for column in values for cell in column.cells if cell.kind in _NUMERIC]
    if len(cells) < 4 or not all(cell.integer and cell.value >= 0 for cell in cells):
        return False
    return len({cell.value for cell in cells}) >= 3 and _named_once(frame)


def _named_once(frame: Frame) -> bool:
    """Labels, other than row numbers, name each row once."""
    from tre.egress.checks.tables.rowlevel import is_keyed  # noqa: PLC0415

    return frame.height <= _GRID_ROWS and is_keyed(frame)


def grid_is_large(frame: Frame) -> bool:
    """At least a fifth of a cross-tabulation's cells are over 50: then its small cells are counts as well."""
    values = [c.value for column in frame.of(Role.NUMBER) for c in column.cells if c.kind in _NUMERIC]
    return sum(value > 50 for value in values) >= 0.2 * len(values)

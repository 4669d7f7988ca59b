"""A table understood: columns with roles, margins, rounding, denominators. What every table rule starts from."""

import re
import weakref
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import cached_property

from tre.egress.checks.model import Location
from tre.egress.checks.parts import Table
from tre.egress.checks.policy import Policy
from tre.egress.checks.tables.cells import Cell, Kind, cell_name, clean, parse, writes_decimal_comma
from tre.egress.checks.tables.layout import Layout, layout_of
from tre.egress.checks.tables.lexicon import PLAIN_N, says_total, tokens


class Role(Enum):
    """What a column, row or cell means."""

    LABEL = "label"
    COUNT = "count"
    MAYBE = "maybe-count"
    PERCENT = "percent"
    RATE = "rate"
    MEAN = "mean"
    SPREAD = "spread"
    EXTREME = "extreme"
    POSITION = "position"
    ESTIMATE = "estimate"
    YEAR = "year"
    CODE = "code"
    ID = "id"
    DATE = "date"
    NUMBER = "number"
    EMPTY = "empty"


STATISTICS = (Role.PERCENT, Role.RATE, Role.MEAN, Role.SPREAD, Role.EXTREME, Role.POSITION, Role.ESTIMATE)


@dataclass(frozen=True, eq=False)
class Column:
    """One column of the body. ``why`` holds the evidence for the role, for explanations and tests."""

    index: int
    name: str
    texts: tuple[str, ...]
    cells: tuple[Cell, ...]
    role: Role = Role.NUMBER
    why: tuple[str, ...] = ()
    rounded_to: int = 1
    total: bool = False
    denominator: float | None = None  # from a header such as "Overall (N = 1 234)"

    @cached_property
    def mostly_whole(self) -> bool:
        """Whether most numbers are whole."""
        numbers = [cell for cell in self.cells if cell.kind in (Kind.NUMBER, Kind.PAIR)]
        return sum(cell.integer and cell.decimals == 0 for cell in numbers) >= 0.6 * len(numbers)

    def numbers(self) -> list[float]:
        return [cell.value for cell in self.cells if cell.kind in (Kind.NUMBER, Kind.PAIR)]


@dataclass(frozen=True, eq=False)
class Frame:
    """A table with its columns and rows understood."""

    table: Table
    layout: Layout
    columns: tuple[Column, ...]
    row_roles: tuple[Role | None, ...] = ()
    total_rows: tuple[bool, ...] = ()
    caption: str = ""
    notes: tuple[str, ...] = field(default=())

    @property
    def height(self) -> int:
        return len(self.total_rows)

    @cached_property
    def labels(self) -> tuple[Column, ...]:
        return tuple(column for column in self.columns if column.role in (Role.LABEL, Role.YEAR, Role.CODE, Role.DATE))

    def of(self, *roles: Role) -> tuple[Column, ...]:
        """Columns with one of ``roles``, from left to right."""
        if len(roles) == 1:
            return self._by_role.get(roles[0], ())
        return tuple(sorted((c for role in roles for c in self._by_role.get(role, ())), key=lambda c: c.index))

    @cached_property
    def _by_role(self) -> dict[Role, tuple[Column, ...]]:
        found: dict[Role, list[Column]] = {}
        for column in self.columns:
            found.setdefault(column.role, []).append(column)
        return {role: tuple(columns) for role, columns in found.items()}

    def cell_role(self, row: int, column: Column) -> Role:
        """The role of one cell: a row that names a statistic overrides its column."""
        by_row = self.row_roles[row]
        if by_row is None or column.role in (Role.LABEL, Role.YEAR, Role.CODE, Role.DATE, Role.ID):
            return column.role
        if by_row is not Role.COUNT:
            return by_row
        if column.role is Role.NUMBER and not column.mostly_whole and not _plainly_n(self.label_of(row)):
            return column.role  # a variable called "number of ..." in a table of estimates
        return Role.COUNT if column.role in (Role.COUNT, Role.MAYBE, Role.NUMBER) else column.role

    def count_cells(self, *roles: Role) -> Iterator[tuple[int, Column, Cell]]:
        """Every number in a cell whose role is one of ``roles`` (default: counts)."""
        wanted = roles or (Role.COUNT,)
        for column in self.columns:
            for row, cell in enumerate(column.cells):
                if cell.kind in (Kind.NUMBER, Kind.PAIR) and self.cell_role(row, column) in wanted:
                    yield row, column, cell

    def label_of(self, row: int) -> str:
        """The row's labels joined."""
        return " | ".join(clean(column.texts[row]) for column in self.labels if column.texts[row].strip())

    def place(self, cells: list[tuple[int, int]]) -> Location:
        """A location naming cells (body row, column index) as A1 ranges, or lines when the table was printed."""
        table = self.table
        if table.row_lines:
            lines = [
                table.row_lines[self.layout.body + row]
                for row, _ in cells
                if self.layout.body + row < len(table.row_lines)
            ]
            return replace(
                table.origin, line=min(lines, default=table.origin.line), cells=_ranges(self._grid(cells), 0, 0)
            )
        return replace(table.origin, cells=_ranges(self._grid(cells), table.first_row, table.first_column))

    def _grid(self, cells: list[tuple[int, int]]) -> list[tuple[int, int]]:
        return [(self.layout.body + row, column) for row, column in cells]


def _plainly_n(label: str) -> bool:
    words = tokens(label)
    return bool(words) and len(words) <= 3 and words[0] in PLAIN_N


_CACHE: "weakref.WeakKeyDictionary[Table, tuple[str, Frame]]" = weakref.WeakKeyDictionary()


def frame_of(table: Table, policy: Policy) -> Frame:
    """The frame of ``table``, computed once per policy."""
    from tre.egress.checks.tables.roles import with_roles  # noqa: PLC0415

    known = _CACHE.get(table)
    if known is not None and known[0] == policy.digest:
        return known[1]
    frame = with_roles(_bare(table), policy)
    _CACHE[table] = (policy.digest, frame)
    return frame


def _bare(table: Table) -> Frame:
    layout = layout_of(table.rows, table.header_rows)
    body = table.rows[layout.body :]
    width = max((len(row) for row in table.rows), default=0)
    comma = writes_decimal_comma([text for row in body[:200] for text in row])
    columns = tuple(_column(table, layout, index, comma) for index in range(width))
    labels = [next((clean(text) for text in row if clean(text)), "") for row in body]
    return Frame(
        table=table,
        layout=layout,
        columns=columns,
        row_roles=(None,) * len(body),
        total_rows=tuple(says_total(label) for label in labels),
        caption=f"{table.caption} {layout.caption}".strip(),
    )


_DENOMINATOR = re.compile(r"\b[nN]\s*[=:]\s*(\d[\d ,\u00a0\u202f]*\d|\d)")


def _column(table: Table, layout: Layout, index: int, comma: bool) -> Column:
    header = [clean(row[index]) for row in table.rows[layout.start : layout.body] if index < len(row)]
    name = " ".join(dict.fromkeys(part for part in header if part))
    texts = tuple(row[index] if index < len(row) else "" for row in table.rows[layout.body :])
    match = _DENOMINATOR.search(name)
    return Column(
        index=index,
        name=name,
        texts=texts,
        cells=tuple(parse(text, comma) for text in texts),
        denominator=float(re.sub(r"\D", "", match[1])) if match else None,
    )


def _ranges(cells: list[tuple[int, int]], row_offset: int, column_offset: int) -> str:
    """A1 ranges, column by column, at most twenty."""
    by_column: dict[int, list[int]] = {}
    for row, column in sorted(set(cells)):
        by_column.setdefault(column, []).append(row)
    ranges: list[str] = []
    for column, rows in sorted(by_column.items()):
        start = previous = rows[0]
        for row in [*rows[1:], -1]:
            if row == previous + 1:
                previous = row
                continue
            first = cell_name(start + row_offset, column + column_offset)
            last = cell_name(previous + row_offset, column + column_offset)
            ranges.append(first if first == last else f"{first}:{last}")
            start = previous = row
    return ",".join(ranges[:20]) + (",…" if len(ranges) > 20 else "")

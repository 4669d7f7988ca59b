"""The linear equations that margins give: what a reader of the table can compute (rules FRQ-06, FRQ-07; `tre protect`)."""

from dataclasses import dataclass, field

from tre.egress.checks.tables.cells import Cell, Kind
from tre.egress.checks.tables.frame import Column, Frame, Role

_SHOWN = (Kind.NUMBER, Kind.PAIR)
Position = tuple[int, int]  # body row, column index


@dataclass
class System:
    """Unknown cells, and equations sum(coefficient * cell) = constant over them."""

    unknowns: list[Position] = field(default_factory=list)
    equations: list[tuple[dict[int, float], float]] = field(default_factory=list)
    _index: dict[Position, int] = field(default_factory=dict)
    upper: dict[int, float] = field(default_factory=dict)  # bound that a marker gives: "<11" means at most 10

    def index(self, position: Position, cell: Cell) -> int:
        """The unknown at ``position``, made on first use."""
        if position not in self._index:
            self._index[position] = len(self.unknowns)
            self.unknowns.append(position)
            if cell.second > 1:
                self.upper[self._index[position]] = cell.second - 1
        return self._index[position]


def system_of(frame: Frame) -> System:
    """Equations of every labelled or proved total, down columns and along rows."""
    columns = _count_columns(frame)
    system = System()
    for column in columns:
        for total, parts in _row_groups(frame, column):
            terms = [((row, column.index), column.cells[row]) for row in parts]
            _add(system, ((total, column.index), column.cells[total]), terms)
    totals = [column for column in columns if column.total]
    parts_of = [column for column in columns if not column.total]
    if len(totals) == 1 and len(parts_of) >= 2:
        for row in range(frame.height):
            terms = [((row, column.index), column.cells[row]) for column in parts_of]
            _add(system, ((row, totals[0].index), totals[0].cells[row]), terms)
    return system


def _count_columns(frame: Frame) -> list[Column]:
    return [column for column in frame.columns if column.role in (Role.COUNT, Role.MAYBE)]


def _row_groups(frame: Frame, column: Column) -> list[tuple[int, list[int]]]:
    """Total rows with the rows they add up: all other rows, in one-section tables only."""
    totals = [row for row, flag in enumerate(frame.total_rows) if flag and column.cells[row].kind is not Kind.EMPTY]
    if len(totals) != 1:
        return []
    rows = [
        row for row in range(frame.height) if row != totals[0] and column.cells[row].kind in (*_SHOWN, Kind.SUPPRESSED)
    ]
    rows = [row for row in rows if frame.cell_role(row, column) in (Role.COUNT, Role.MAYBE)]
    return [(totals[0], rows)] if len(rows) >= 2 else []


def _add(system: System, total: tuple[Position, Cell], terms: list[tuple[Position, Cell]]) -> None:
    """One equation, unless the numbers shown contradict it."""
    if total[1].kind not in (*_SHOWN, Kind.SUPPRESSED) or any(
        cell.kind not in (*_SHOWN, Kind.SUPPRESSED) for _, cell in terms
    ):
        return
    hidden = [(position, cell) for position, cell in terms if cell.kind is Kind.SUPPRESSED]
    shown = sum(cell.value for _, cell in terms if cell.kind in _SHOWN)
    known_total = total[1].kind in _SHOWN
    rest = (total[1].value if known_total else 0.0) - shown
    if not hidden and known_total:
        return
    if known_total and rest < -0.5:
        return  # not the total of these cells
    coefficients = {system.index(position, cell): 1.0 for position, cell in hidden}
    if not known_total:
        coefficients[system.index(*total)] = -1.0
    system.equations.append((coefficients, rest))


def contradicted(frame: Frame) -> bool:
    """Whether complete columns show that the labelled total is not the sum of the rows (overlapping groups)."""
    checked = agreeing = 0
    for column in _count_columns(frame):
        for total, rows in _row_groups(frame, column):
            cells = [column.cells[row] for row in rows]
            if column.cells[total].kind in _SHOWN and all(cell.kind in _SHOWN for cell in cells):
                checked += 1
                agreeing += abs(sum(cell.value for cell in cells) - column.cells[total].value) < 0.5
    return checked > 0 and agreeing < checked

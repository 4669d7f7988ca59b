"""A protected csv of a table: primary and secondary suppression, companion percentages included."""

import csv
import io

from tre.core.errors import Invalid
from tre.egress.checks.parts import Blob, Table
from tre.egress.checks.policy import Policy
from tre.egress.checks.protect.suppress import Equation, Position, choose
from tre.egress.checks.reader import reader_for
from tre.egress.checks.tables.cells import Kind
from tre.egress.checks.tables.frame import STATISTICS, Column, Frame, Role, frame_of
from tre.egress.checks.tables.margins import contradicted
from tre.egress.checks.words import Words

MARK = "*"


def protect_table(blob: Blob, kind: str, policy: Policy) -> tuple[str, bytes, list[Words]]:
    """Suffix, bytes and what was done, for the visible tables of ``blob``; raises Invalid ``protect-no-table``."""
    reader = reader_for(kind)
    parts = list(reader.read(blob)) if reader else []
    tables = [part for part in parts if isinstance(part, Table) and not part.hidden]
    if not tables:
        raise Invalid("protect-no-table", "No table was found in the file.", "Give a csv or a workbook with a table.")
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    primary = secondary = 0
    for number, table in enumerate(tables):
        if number:
            writer.writerow([])
        grid, first, further = suppressed(frame_of(table, policy), policy)
        primary, secondary = primary + first, secondary + further
        writer.writerows(grid)
    done = [
        Words(
            f"{primary} case(s) sous le seuil masquées, {secondary} de plus pour les protéger.",
            f"{primary} cell(s) under the threshold suppressed, {secondary} more to protect them.",
        )
    ]
    hidden = sum(isinstance(part, Table) and bool(part.hidden) for part in parts)
    if hidden:
        done.append(Words(f"{hidden} tableau(x) caché(s) retirés.", f"{hidden} hidden table(s) removed."))
    return ".csv", stream.getvalue().encode(), done


def suppressed(frame: Frame, policy: Policy) -> tuple[list[list[str]], int, int]:
    """The grid with cells suppressed, and how many were primary and secondary."""
    values = {(row, column.index): cell.value for row, column, cell in frame.count_cells(Role.COUNT, Role.MAYBE)}
    primary = {place for place, value in values.items() if 0 < value < policy.threshold}
    hidden = choose(values, equations_of(frame, values), primary, policy.protection_width) if primary else set()
    grid = [list(row) for row in frame.table.rows]
    for row, column in hidden:
        grid[frame.layout.body + row][column] = MARK
        for other in _companions(frame, column):
            if frame.columns[other].cells[row].kind is not Kind.EMPTY:
                grid[frame.layout.body + row][other] = MARK
    return grid, len(primary), len(hidden) - len(primary)


def equations_of(frame: Frame, values: dict[Position, float]) -> list[Equation]:
    """Margins whose cells are all shown and agree."""
    found = []
    columns = [column for column in frame.columns if column.role in (Role.COUNT, Role.MAYBE)]
    totals = [row for row, flag in enumerate(frame.total_rows) if flag]
    if len(totals) == 1 and not contradicted(frame):
        for column in columns:
            rows = [row for row in range(frame.height) if row != totals[0] and (row, column.index) in values]
            found.append(Equation(tuple((row, column.index) for row in rows), (totals[0], column.index)))
    margin = [column for column in columns if column.total]
    inner = [column for column in columns if not column.total]
    if len(margin) == 1 and len(inner) >= 2:
        for row in range(frame.height):
            found.append(
                Equation(
                    tuple((row, column.index) for column in inner if (row, column.index) in values),
                    (row, margin[0].index),
                )
            )
    return [equation for equation in found if _holds(equation, values)]


def _holds(equation: Equation, values: dict[Position, float]) -> bool:
    if equation.total not in values or len(equation.parts) < 2:
        return False
    return abs(sum(values[part] for part in equation.parts) - values[equation.total]) < 0.5


def _companions(frame: Frame, column: int) -> list[int]:
    """Statistics to the right of a count, up to the next count: they would give it back."""
    result = []
    for other in frame.columns[column + 1 :]:
        if not _statistic(other):
            break
        result.append(other.index)
    return result


def _statistic(column: Column) -> bool:
    return column.role in STATISTICS

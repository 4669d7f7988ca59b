"""Optimal secondary suppression: the cheapest set of further cells such that no suppressed cell can be recovered or pinned down.

An integer program (HiGHS through scipy). For each primary cell, at least one other cell must be suppressed in each equation that
holds it; this is necessary, and the exact protection is then verified by linear bounds; cells that are still too tightly
bounded bring a further cut, until every primary cell's interval is at least as wide as the policy asks.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

Position = tuple[int, int]
_ROUNDS = 25


@dataclass(frozen=True)
class Equation:
    """The sum of ``parts`` is ``total``; all are cells of the table."""

    parts: tuple[Position, ...]
    total: Position

    @property
    def cells(self) -> tuple[Position, ...]:
        return (*self.parts, self.total)


def choose(
    values: dict[Position, float], equations: Sequence[Equation], primary: set[Position], width: float
) -> set[Position]:
    """The cells to suppress, primary ones included. ``width`` is the narrowest interval allowed for a primary cell."""
    cells = sorted(values)
    wanted = set(primary)
    cuts: list[set[Position]] = []
    for _ in range(_ROUNDS):
        wanted = _solve(cells, values, equations, primary, cuts)
        weak = _weak(values, equations, wanted, primary, width)
        if not weak:
            return wanted
        before = len(cuts)
        for cell in weak:
            around = {other for equation in equations if cell in equation.cells for other in equation.cells} - wanted
            if around:
                cuts.append(around)
        if len(cuts) == before:
            return set(cells)  # nothing less protects: the whole table goes
    return set(cells)


def _solve(
    cells: list[Position],
    values: dict[Position, float],
    equations: Sequence[Equation],
    primary: set[Position],
    cuts: list[set[Position]],
) -> set[Position]:
    import numpy  # noqa: PLC0415
    from scipy.optimize import Bounds, LinearConstraint, milp  # noqa: PLC0415

    index = {cell: i for i, cell in enumerate(cells)}
    totals = {equation.total for equation in equations}
    # Margins cost more than inner cells of the same size: readers need them most.
    cost = numpy.array([1.0 + (values[cell] ** 0.5) * (4.0 if cell in totals else 1.0) for cell in cells])
    rows: list[Any] = []
    lower: list[float] = []
    for equation in equations:
        inside = [index[cell] for cell in equation.cells]
        for i in inside:  # a suppressed cell is never alone in an equation: sum(x) >= 2 x_i
            row = numpy.zeros(len(cells))
            row[inside] = 1.0
            row[i] -= 2.0
            rows.append(row)
            lower.append(0.0)
    for cut in cuts:
        row = numpy.zeros(len(cells))
        row[[index[cell] for cell in cut]] = 1.0
        rows.append(row)
        lower.append(1.0)
    fixed = numpy.array([1.0 if cell in primary else 0.0 for cell in cells])
    constraints = [LinearConstraint(numpy.array(rows), lb=numpy.array(lower), ub=numpy.inf)] if rows else []
    options = {"time_limit": 20.0, "mip_rel_gap": 0.01}
    result = milp(
        cost,
        constraints=constraints,
        integrality=numpy.ones(len(cells)),
        bounds=Bounds(fixed, numpy.ones(len(cells))),
        options=options,
    )
    if result.x is None:
        return set(cells)
    return {cell for cell in cells if result.x[index[cell]] > 0.5}


def _weak(
    values: dict[Position, float],
    equations: Sequence[Equation],
    hidden: set[Position],
    primary: set[Position],
    width: float,
) -> list[Position]:
    """Primary cells whose interval, given everything that stays visible, is narrower than ``width``."""
    import numpy  # noqa: PLC0415
    from scipy.optimize import linprog  # noqa: PLC0415

    unknown = sorted(hidden)
    index = {cell: i for i, cell in enumerate(unknown)}
    matrix = numpy.zeros((len(equations), len(unknown)))
    constants = numpy.zeros(len(equations))
    for row, equation in enumerate(equations):
        for cell, sign in [*((part, 1.0) for part in equation.parts), (equation.total, -1.0)]:
            if cell in index:
                matrix[row, index[cell]] += sign
            else:
                constants[row] -= sign * values[cell]
    weak = []
    for cell in sorted(primary):
        direction = numpy.zeros(len(unknown))
        direction[index[cell]] = 1.0
        low = linprog(direction, A_eq=matrix, b_eq=constants, bounds=(0, None), method="highs")
        high = linprog(-direction, A_eq=matrix, b_eq=constants, bounds=(0, None), method="highs")
        if low.status == 0 and high.status == 0 and -high.fun - low.fun < width:
            weak.append(cell)
    return weak

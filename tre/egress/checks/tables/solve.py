"""What the equations of a table determine: exact values (null space) and bounds (linear programming, HiGHS)."""

from collections.abc import Sequence
from typing import Any

from tre.egress.checks.tables.margins import System

_MAX_UNKNOWNS = 600
_TOLERANCE = 1e-8


def _matrix(system: System) -> tuple[Any, Any]:
    import numpy  # noqa: PLC0415

    matrix = numpy.zeros((len(system.equations), len(system.unknowns)))
    constants = numpy.zeros(len(system.equations))
    for row, (coefficients, constant) in enumerate(system.equations):
        for column, value in coefficients.items():
            matrix[row, column] = value
        constants[row] = constant
    return matrix, constants


def determined(system: System) -> dict[int, float]:
    """Unknowns that the equations fix exactly, with their values: those whose row of the null space is zero."""
    import numpy  # noqa: PLC0415

    if not system.equations or len(system.unknowns) > 4 * _MAX_UNKNOWNS:
        return {}
    matrix, constants = _matrix(system)
    _, singular, transposed = numpy.linalg.svd(matrix, full_matrices=True)
    rank = int((singular > 1e-10 * max(singular.max(initial=0.0), 1.0)).sum())
    null_space = transposed[rank:].T
    solution, *_ = numpy.linalg.lstsq(matrix, constants, rcond=None)
    fixed = (
        numpy.abs(null_space).sum(axis=1) < _TOLERANCE if null_space.size else numpy.ones(len(system.unknowns), bool)
    )
    return {int(index): float(solution[index]) for index in numpy.flatnonzero(fixed)}


def bounds(system: System, only: Sequence[int] = ()) -> dict[int, tuple[float, float]]:
    """Feasibility interval of each unknown (or of ``only``), cells being at least 0. Empty when the system is infeasible."""
    import numpy  # noqa: PLC0415
    from scipy.optimize import linprog  # noqa: PLC0415

    count = len(system.unknowns)
    if not system.equations or count > _MAX_UNKNOWNS:
        return {}
    matrix, constants = _matrix(system)
    limits = [(0.0, system.upper.get(index)) for index in range(count)]
    result: dict[int, tuple[float, float]] = {}
    for index in only or range(count):
        direction = numpy.zeros(count)
        direction[index] = 1.0
        low = linprog(direction, A_eq=matrix, b_eq=constants, bounds=limits, method="highs")
        high = linprog(-direction, A_eq=matrix, b_eq=constants, bounds=limits, method="highs")
        if low.status not in (0, 3) or high.status not in (0, 3):
            return {}
        result[index] = (
            float(low.fun) if low.status == 0 else 0.0,
            float(-high.fun) if high.status == 0 else float("inf"),
        )
    return result

"""Tables of model estimates: which they are, and what their standard errors prove about the numbers behind them (REG-*).

For a ratio (odds, hazard, incidence rate) of a group of n1 people, the information on its logarithm is at most n1 (Poisson)
or n1/4 (logistic, Cox), so se(log ratio)^2 >= 1/n1 and n1 >= 1/se^2. In linear regression, a dummy's variance is s^2/SSR with
SSR <= n1, so n1 >= (s/se)^2.
"""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from tre.egress.checks.tables.cells import Kind
from tre.egress.checks.tables.frame import Column, Frame, Role
from tre.egress.checks.tables.lexicon import tokens

_NUMBERS = re.compile(r"[-+−]?\d*\.?\d+(?:[eE][-+]?\d+)?")
_RANGE = re.compile(r"(?<=\d)\s*[-–—]\s*(?=[\d.])")  # "1.10-1.31": the dash is no sign
_RATIO = frozenset(
    ("hr", "or", "rr", "irr", "ahr", "aor", "shr", "hazard", "odds", "ratio", "exp", "rateratio", "eform")
)
_ERROR = frozenset(("se", "stderr", "std", "stderror"))
_LOW = frozenset(("conflow", "borneinf", "lower", "lci", "lcl", "ll", "low", "min95", "cil", "lb", "inf"))
_HIGH = frozenset(("confhigh", "bornesup", "upper", "uci", "ucl", "ul", "high", "max95", "ciu", "ub", "sup"))
_Z95 = 1.959964


@dataclass(frozen=True)
class Precision:
    """The least number of people that one estimate's precision proves, and where the estimate is."""

    row: int
    column: int
    least: float


def is_estimates(frame: Frame) -> bool:
    """A coefficient or ratio beside its error, interval or p-value, or intervals in the cells."""
    columns = frame.of(Role.ESTIMATE)
    intervals = sum(
        cell.kind is Kind.INTERVAL for column in frame.columns if column.role is not Role.LABEL for cell in column.cells
    )
    named = len(
        {token for column in columns for token in tokens(column.name)}
        & (_ERROR | _RATIO | {"p", "pvalue", "coef", "estimate", "ci", "z", "t", "beta"})
    )
    return named >= 2 or (bool(columns) and intervals >= 2)


def precisions(frame: Frame, residual_se: float | None = None) -> Iterator[Precision]:
    """What each interval or standard error proves, for ratios; for linear coefficients when the residual error is known."""
    for column in frame.columns:
        for row, cell in enumerate(column.cells):
            if cell.kind is Kind.INTERVAL and column.role is not Role.LABEL:
                found = _from_interval(column.texts[row])
                if found is not None:
                    yield Precision(row, column.index, found)
    lows, highs = _bounds(frame, _LOW), _bounds(frame, _HIGH)
    for low, high in zip(lows, highs, strict=False):
        for row in range(frame.height):
            a, b = low.cells[row], high.cells[row]
            if a.kind is b.kind is Kind.NUMBER and 0 < a.value < b.value:
                yield Precision(row, low.index, 1 / (math.log(b.value / a.value) / (2 * _Z95)) ** 2)
    yield from _from_errors(frame, residual_se)


def _from_errors(frame: Frame, residual_se: float | None) -> Iterator[Precision]:
    error = next(
        (c for c in frame.columns if _ERROR & set(tokens(c.name)) and c.role in (Role.ESTIMATE, Role.SPREAD)), None
    )
    if error is None:
        return
    for row, cell in enumerate(error.cells):
        if cell.kind is Kind.NUMBER and cell.value > 0 and residual_se:
            yield Precision(row, error.index, (residual_se / cell.value) ** 2)


def _from_interval(text: str) -> float | None:
    text = _RANGE.sub(" ", text.replace("−", "-"))
    numbers = [float(number) for number in _NUMBERS.findall(text)]
    pairs = list(pairwise(numbers))
    for low, high in pairs[-2:] if len(pairs) > 1 else pairs:
        if 0 < low <= high and high / low < 1e6:
            return 1 / (math.log(high / low) / (2 * _Z95)) ** 2 if high > low else math.inf
    return None


def _bounds(frame: Frame, words: frozenset[str]) -> list[Column]:
    """Columns of lower or of upper bounds, from left to right."""
    return [column for column in frame.columns if words & set(tokens(column.name))]

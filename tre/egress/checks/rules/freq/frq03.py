"""FRQ-03: percentages that give back their denominator, and with it small counts."""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise

from tre.egress.checks.buckets import bucket
from tre.egress.checks.model import Hit, Severity
from tre.egress.checks.parts import Table
from tre.egress.checks.rule import Rule, Scene
from tre.egress.checks.tables.cells import Cell, Kind
from tre.egress.checks.tables.frame import Column, Frame, Role, frame_of
from tre.egress.checks.tables.ratios import Ratio, denominator
from tre.egress.checks.tables.rowlevel import is_row_level
from tre.egress.checks.words import Words

_ROLES = (Role.PERCENT, Role.RATE, Role.NUMBER, Role.MEAN)
_MAX_VECTORS = 3_000
_DECIMALS = 2  # of a proportion: below three decimals nothing can be proved


def scan(part: Table, scene: Scene) -> Iterator[Hit]:
    """Block when an implied count is in 1..T-1 and is not printed anyway; a denominator alone is a note."""
    frame = frame_of(part, scene.policy)
    if is_row_level(frame, scene.policy):
        return  # measurements, not proportions
    small: list[tuple[int, int]] = []
    found = 0
    for column in [c for c in frame.columns if c.role in _ROLES][:_MAX_VECTORS]:
        cells = [
            (row, cell)
            for row, cell in enumerate(column.cells)
            if cell.kind is Kind.NUMBER and not _printed(frame, row, column)
        ]
        total = _denominator([cell for _, cell in cells], column)
        if total is None:
            continue
        found += 1
        for row, cell in cells:
            count = round(_proportion(cell, column) * total)
            if 0 < count < scene.policy.threshold:
                small.append((row, column.index))
    if small:
        words = Words(
            f"{bucket(found)} colonne(s) de proportions rendent leur dénominateur, et {bucket(len(small))} effectif(s) sous le seuil.",
            f"{bucket(found)} column(s) of proportions give back their denominator, and {bucket(len(small))} count(s) under the threshold.",
        )
        yield Hit(words, Severity.BLOCK, frame.place(small))
    elif found:
        words = Words(
            f"{bucket(found)} colonne(s) de proportions rendent leur dénominateur.",
            f"{bucket(found)} column(s) of proportions give back their denominator.",
        )
        yield Hit(words, Severity.INFO)


def _printed(frame: Frame, row: int, column: Column) -> bool:
    """Whether the row already shows a count, so that the ratio adds nothing."""
    return any(
        other.cells[row].kind in (Kind.NUMBER, Kind.PAIR)
        for other in frame.of(Role.COUNT)
        if abs(other.index - column.index) <= 4 and not other.total
    )


@lru_cache(maxsize=4096)
def _scale(column: Column) -> float:
    return 100.0 if _percent(column) else 1.0


def _percent(column: Column) -> bool:
    return any(cell.percent or cell.value > 1 for cell in column.cells if cell.kind is Kind.NUMBER)


def _proportion(cell: Cell, column: Column) -> float:
    return cell.value / _scale(column)


def _denominator(cells: Sequence[Cell], column: Column) -> int | None:
    percent = _percent(column)
    if percent and column.role not in (Role.PERCENT, Role.RATE):
        return None  # a plain number over 1 is not taken for a percentage
    if not cells or any(cell.value < 0 or cell.value > (100 if percent else 1) for cell in cells):
        return None
    decimals = max(cell.decimals for cell in cells) + (2 if percent else 0)
    if decimals <= _DECIMALS:
        return None
    steps = {round(b.value - a.value, 10) for a, b in pairwise(cells)}
    if len(steps) <= 2:
        return None  # a grid of thresholds, not results
    half = 0.5 * 10 ** -min(decimals, 12)
    found = denominator([Ratio(_proportion(cell, column), half) for cell in cells])
    return None if found and decimals <= 3 and 10**decimals % found == 0 else found


RULE = Rule(
    id="FRQ-03",
    version=1,
    statbarn="CalculatedRatios",
    severity=Severity.REVIEW,
    title=Words("Dénominateur retrouvé par les proportions", "Denominator found from proportions"),
    explanation=Words(
        "Des proportions trop précises n'ont qu'un dénominateur possible : on retrouve les effectifs.",
        "Proportions that are too precise have only one possible denominator: the counts come back.",
    ),
    mend=Words(
        "Arrondissez aux pour-cent entiers, ou calculez sur des effectifs arrondis.",
        "Round to whole percents, or compute from rounded counts.",
    ),
    sources=("own; proved by test", "OpenSAFELY, rounding rates"),
    scan=scan,
    parts=(Table,),
)

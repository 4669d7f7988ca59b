"""FRQ-02: a percentage and its denominator that imply a small count."""

from collections.abc import Iterator

from tre.egress.checks.buckets import bucket
from tre.egress.checks.model import Hit, Severity
from tre.egress.checks.parts import Table
from tre.egress.checks.rule import Rule, Scene
from tre.egress.checks.tables.cells import Cell, Kind
from tre.egress.checks.tables.evidence import companion
from tre.egress.checks.tables.frame import Column, Frame, Role, frame_of
from tre.egress.checks.tables.lexicon import tokens
from tre.egress.checks.words import Words

_DENOMINATORS = frozenset(
    ["denominator", "denom", "total", "pop", "population", "base", "row_total", "n_total", "ntot", "effectif_total"]
)
_SHOWN = (Kind.NUMBER, Kind.PAIR)


def scan(part: Table, scene: Scene) -> Iterator[Hit]:
    """Block when the whole rounding interval lies in 1..T-1; review when it only touches it."""
    frame = frame_of(part, scene.policy)
    found: dict[Severity, list[tuple[int, int]]] = {}
    for column in frame.of(Role.PERCENT, Role.RATE):
        if column.role is Role.RATE and not _unit(column):
            continue
        for row, cell in enumerate(column.cells):
            total = _denominator(frame, row, column)
            if cell.kind is Kind.NUMBER and total and not _numerator_shown(frame, row, column, total, cell):
                severity = _implied(cell, total, scene.policy.threshold, _unit(column))
                if severity is not None:
                    found.setdefault(severity, []).append((row, column.index))
    for severity, cells in found.items():
        words = Words(
            f"{bucket(len(cells))} pourcentage(s) dont le dénominateur donne un effectif sous le seuil.",
            f"{bucket(len(cells))} percentage(s) whose denominator gives a count under the threshold.",
        )
        yield Hit(words, severity, frame.place(cells))


def _unit(column: Column) -> bool:
    """Whether values are proportions (0..1) rather than percents."""
    values = [cell.value for cell in column.cells if cell.kind is Kind.NUMBER]
    return bool(values) and max(values) <= 1 and not any(cell.percent for cell in column.cells)


def _denominator(frame: Frame, row: int, column: Column) -> float | None:
    if column.denominator:
        return column.denominator
    for other in frame.of(Role.COUNT, Role.MAYBE):
        cell = other.cells[row]
        if cell.kind is Kind.NUMBER and other.rounded_to < 5 and not _DENOMINATORS.isdisjoint(tokens(other.name)):
            return cell.value
    counts = [other for other in frame.of(Role.COUNT) if other.cells[row].kind is Kind.NUMBER]
    if (
        len(counts) == 1
        and len(frame.of(Role.PERCENT)) == 1
        and counts[0].rounded_to < 5
        and not companion(counts[0], frame)
    ):
        return counts[0].cells[row].value
    return None


def _numerator_shown(frame: Frame, row: int, column: Column, total: float, percent: Cell) -> bool:
    scale = 1.0 if _unit(column) else 100.0
    slack = 0.51 * 10**-percent.decimals
    return any(
        abs(scale * other.cells[row].value / total - percent.value) <= slack
        for other in frame.of(Role.COUNT, Role.MAYBE)
        if other.cells[row].kind in _SHOWN and other.cells[row].value != total
    )


def _implied(cell: Cell, total: float, threshold: int, unit: bool) -> Severity | None:
    scale = 1.0 if unit else 100.0
    half = 0.5 * 10**-cell.decimals
    low, high = (cell.value - half) * total / scale, (cell.value + half) * total / scale
    if cell.value <= 0 or high < 0.5 or low > threshold - 0.5:
        return None
    return (
        Severity.BLOCK
        if high < threshold - 0.5 and low > 0
        else Severity.REVIEW
        if round(cell.value * total / scale) < threshold
        else None
    )


RULE = Rule(
    id="FRQ-02",
    version=1,
    statbarn="CalculatedRatios",
    severity=Severity.REVIEW,
    title=Words("Pourcentage qui cache un petit effectif", "Percentage that hides a small count"),
    explanation=Words(
        "Le pourcentage multiplié par son dénominateur donne un effectif sous le seuil.",
        "The percentage times its denominator is a count under the threshold.",
    ),
    mend=Words(
        "Masquez aussi le pourcentage, ou arrondissez-le davantage.",
        "Suppress the percentage as well, or round it more.",
    ),
    sources=("UK LLC note", "OpenSAFELY"),
    scan=scan,
    parts=(Table,),
)

"""MAG-03: tell-tales of one or two people behind a mean."""

from collections.abc import Iterator

from tre.egress.checks.buckets import bucket
from tre.egress.checks.model import Hit, Severity
from tre.egress.checks.parts import Table
from tre.egress.checks.rule import Rule, Scene
from tre.egress.checks.tables.cells import Cell, Kind
from tre.egress.checks.tables.estimates import is_estimates
from tre.egress.checks.tables.frame import Column, Frame, Role, frame_of
from tre.egress.checks.words import Words

_EMPTY = (Kind.EMPTY, Kind.SUPPRESSED)


def scan(part: Table, scene: Scene) -> Iterator[Hit]:
    """A mean whose spread is missing or zero where other rows have one; mean, median, minimum and maximum all equal."""
    frame = frame_of(part, scene.policy)
    if is_estimates(frame):
        return
    means = frame.of(Role.MEAN)
    rows = {row for mean in means for spread in frame.of(Role.SPREAD) for row in _spreadless(frame, mean, spread)}
    rows |= set(_all_equal(frame))
    if rows:
        words = Words(
            f"{bucket(len(rows))} ligne(s) où l'écart-type manque ou vaut zéro, ou dont toutes les statistiques sont égales.",
            f"{bucket(len(rows))} row(s) where the spread is missing or zero, or all statistics are equal.",
        )
        yield Hit(words, location=frame.place([(row, means[0].index if means else 0) for row in rows]))


def _spreadless(frame: Frame, mean: Column, spread: Column) -> list[int]:
    shown = [cell for cell in spread.cells if cell.kind is Kind.NUMBER and cell.value > 0]
    if len(shown) < 2 or mean.index == spread.index:
        return []
    rows = [row for row in range(frame.height) if _bare(mean.cells[row], spread.cells[row])]
    return rows if len(rows) <= 0.4 * frame.height else []


def _bare(mean: Cell, spread: Cell) -> bool:
    return (
        mean.kind is Kind.NUMBER
        and mean.value != 0
        and (spread.kind in _EMPTY or (spread.kind is Kind.NUMBER and spread.value == 0))
    )


def _all_equal(frame: Frame) -> list[int]:
    columns = frame.of(Role.MEAN, Role.POSITION, Role.EXTREME)
    if len(columns) < 3 or not frame.of(Role.MEAN):
        return []
    rows = []
    for row in range(frame.height):
        values = [column.cells[row].value for column in columns if column.cells[row].kind is Kind.NUMBER]
        if len(values) >= 3 and len(set(values)) == 1 and values[0] != 0:
            rows.append(row)
    return rows


RULE = Rule(
    id="MAG-03",
    version=1,
    statbarn="LinearAggregations",
    severity=Severity.BLOCK,
    title=Words("Moyenne d'une seule personne", "Mean of a single person"),
    explanation=Words(
        "Sans dispersion, la moyenne est la valeur d'une personne.", "Without spread, the mean is one person's value."
    ),
    mend=Words("Masquez la ligne, ou regroupez-la.", "Suppress the row, or merge it."),
    sources=("ACRO pull request 392",),
    scan=scan,
    parts=(Table,),
)

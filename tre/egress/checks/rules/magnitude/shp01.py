"""SHP-01: spread or shape of a small group."""

from collections.abc import Iterator

from tre.egress.checks.buckets import bucket
from tre.egress.checks.model import Hit, Severity
from tre.egress.checks.parts import Table
from tre.egress.checks.rule import Rule, Scene
from tre.egress.checks.tables.cells import Kind
from tre.egress.checks.tables.estimates import is_estimates
from tre.egress.checks.tables.frame import Role, frame_of
from tre.egress.checks.words import Words


def scan(part: Table, scene: Scene) -> Iterator[Hit]:
    """n - 1 under the policy's degrees of freedom, n being the count on the row."""
    frame = frame_of(part, scene.policy)
    if is_estimates(frame):
        return
    cells = []
    for column in frame.of(Role.SPREAD):
        for row, cell in enumerate(column.cells):
            sizes = [c.cells[row].value for c in frame.of(Role.COUNT) if c.cells[row].kind is Kind.NUMBER]
            if cell.kind is Kind.NUMBER and sizes and 0 < max(sizes) - 1 < scene.policy.min_dof:
                cells.append((row, column.index))
    if cells:
        words = Words(
            f"{bucket(len(cells))} dispersion(s) sur un petit groupe.",
            f"{bucket(len(cells))} spread(s) of a small group.",
        )
        yield Hit(words, location=frame.place(cells))


RULE = Rule(
    id="SHP-01",
    version=1,
    statbarn="Shape",
    severity=Severity.REVIEW,
    title=Words("Dispersion d'un petit groupe", "Spread of a small group"),
    explanation=Words(
        "L'écart-type de deux personnes donne leurs valeurs avec la moyenne.",
        "The standard deviation of two people gives their values with the mean.",
    ),
    mend=Words("Masquez la ligne, ou regroupez-la.", "Suppress the row, or merge it."),
    sources=("DwB guidelines", "OpenSAFELY: sd of 2 observations"),
    scan=scan,
    parts=(Table,),
)

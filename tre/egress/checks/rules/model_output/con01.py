"""CON-01: concentration measures over few units."""

from collections.abc import Iterator

from tre.egress.checks.model import Hit, Severity
from tre.egress.checks.parts import Table
from tre.egress.checks.rule import Rule, Scene
from tre.egress.checks.tables.cells import Kind
from tre.egress.checks.tables.frame import Role, frame_of
from tre.egress.checks.tables.lexicon import tokens
from tre.egress.checks.words import Words

_WORDS = frozenset(("gini", "hhi", "herfindahl", "theil", "concentration"))


def scan(part: Table, scene: Scene) -> Iterator[Hit]:
    """A Gini or Herfindahl on a row whose count is under the threshold."""
    frame = frame_of(part, scene.policy)
    cells = [
        (row, column.index)
        for column in frame.columns
        if _WORDS & set(tokens(column.name))
        for row in range(frame.height)
        if any(
            0 < c.cells[row].value < scene.policy.threshold
            for c in frame.of(Role.COUNT)
            if c.cells[row].kind is Kind.NUMBER
        )
    ]
    if cells:
        yield Hit(
            Words("Indice de concentration sur un petit effectif.", "Concentration index over few units."),
            location=frame.place(cells),
        )


RULE = Rule(
    id="CON-01",
    version=1,
    statbarn="NonLinearConcentrationRatios",
    severity=Severity.REVIEW,
    title=Words("Concentration", "Concentration"),
    explanation=Words(
        "Sur peu d'unités, l'indice donne la part de chacune.", "Over few units the index gives each one's share."
    ),
    mend=Words("Regroupez.", "Merge groups."),
    sources=("DwB guidelines",),
    scan=scan,
    parts=(Table,),
)

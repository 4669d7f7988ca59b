"""COR-01: perfect correlations."""

from collections.abc import Iterator

from tre.egress.checks.model import Hit, Severity
from tre.egress.checks.parts import Table
from tre.egress.checks.rule import Rule, Scene
from tre.egress.checks.tables.cells import Kind
from tre.egress.checks.tables.frame import frame_of
from tre.egress.checks.words import Words


def scan(part: Table, scene: Scene) -> Iterator[Hit]:
    """In a square symmetric table with a diagonal of ones, a one elsewhere."""
    frame = frame_of(part, scene.policy)
    columns = [column for column in frame.columns if column.numbers()]
    size = len(columns)
    if size < 3 or frame.height != size:
        return
    values = [[columns[j].cells[i] for j in range(size)] for i in range(size)]
    if any(values[i][i].kind is not Kind.NUMBER or values[i][i].value != 1 for i in range(size)):
        return
    shown = [
        (i, columns[j].index)
        for i in range(size)
        for j in range(size)
        if i != j and values[i][j].kind is Kind.NUMBER and abs(values[i][j].value) >= 0.99999
    ]
    within = all(abs(cell.value) <= 1 for row in values for cell in row if cell.kind is Kind.NUMBER)
    if shown and within:
        yield Hit(Words("Une corrélation parfaite.", "A perfect correlation."), location=frame.place(shown))


RULE = Rule(
    id="COR-01",
    version=1,
    statbarn="CorrelationCoefficients",
    severity=Severity.REVIEW,
    title=Words("Corrélation parfaite", "Perfect correlation"),
    explanation=Words(
        "|r| = 1 vient souvent de deux ou trois personnes.", "|r| = 1 often comes from two or three people."
    ),
    mend=Words("Donnez l'effectif de chaque paire, ou retirez-la.", "Give the count of each pair, or drop it."),
    sources=("DwB guidelines",),
    scan=scan,
    parts=(Table,),
)

"""END-01: minima, maxima, ranges, oldest, top lists."""

from collections.abc import Iterator

from tre.egress.checks.buckets import bucket
from tre.egress.checks.model import Hit, Severity
from tre.egress.checks.parts import Table
from tre.egress.checks.rule import Rule, Scene
from tre.egress.checks.tables.cells import Kind
from tre.egress.checks.tables.estimates import is_estimates
from tre.egress.checks.tables.frame import Frame, Role, frame_of
from tre.egress.checks.tables.lexicon import tokens
from tre.egress.checks.words import Words

_SHOWN = (Kind.NUMBER, Kind.PAIR, Kind.INTERVAL)
_RESIDUALS = frozenset(("residuals", "residual", "residus", "quantiles"))


def scan(part: Table, scene: Scene) -> Iterator[Hit]:
    """Review; block when the count on the same row is under the threshold. Summaries of residuals are a note."""
    frame = frame_of(part, scene.policy)
    if is_estimates(frame):
        return
    cells = [
        (row, column.index)
        for column in frame.columns
        for row, cell in enumerate(column.cells)
        if cell.kind in _SHOWN and frame.cell_role(row, column) is Role.EXTREME
    ]
    if not cells:
        return
    small = [place for place in cells if _few(frame, place[0], scene.policy.threshold)]
    residuals = not _RESIDUALS.isdisjoint(tokens(frame.caption))
    severity = Severity.BLOCK if small else Severity.INFO if residuals else Severity.REVIEW
    words = Words(f"{bucket(len(cells))} extrême(s) affichés.", f"{bucket(len(cells))} extreme value(s) shown.")
    yield Hit(words, severity, frame.place(small or cells))


def _few(frame: Frame, row: int, threshold: int) -> bool:
    return any(0 < c.cells[row].value < threshold for c in frame.of(Role.COUNT) if c.cells[row].kind is Kind.NUMBER)


RULE = Rule(
    id="END-01",
    version=1,
    statbarn="Endpoints",
    severity=Severity.REVIEW,
    title=Words("Valeurs extrêmes", "Extreme values"),
    explanation=Words(
        "Un minimum ou un maximum est la valeur d'une personne.", "A minimum or maximum is one person's value."
    ),
    mend=Words(
        "Donnez des quantiles (5 % et 95 %) au lieu des extrêmes.", "Give quantiles (5 % and 95 %) instead of extremes."
    ),
    sources=("OpenSAFELY", "DwB guidelines class 3"),
    scan=scan,
    parts=(Table,),
)

"""FRQ-08: suppression markers: a note that says protection was applied."""

from collections.abc import Iterator

from tre.egress.checks.buckets import bucket
from tre.egress.checks.model import Hit, Severity
from tre.egress.checks.parts import Table
from tre.egress.checks.rule import Rule, Scene
from tre.egress.checks.tables.cells import Kind
from tre.egress.checks.tables.frame import Role, frame_of
from tre.egress.checks.words import Words


def scan(part: Table, scene: Scene) -> Iterator[Hit]:
    """Suppressed cells in count columns."""
    frame = frame_of(part, scene.policy)
    count = sum(cell.kind is Kind.SUPPRESSED for column in frame.of(Role.COUNT) for cell in column.cells)
    if count:
        yield Hit(Words(f"{bucket(count)} case(s) masquée(s).", f"{bucket(count)} suppressed cell(s)."))


RULE = Rule(
    id="FRQ-08",
    version=1,
    statbarn="Frequencies",
    severity=Severity.INFO,
    title=Words("Cases masquées", "Suppressed cells"),
    explanation=Words(
        "Le tableau est protégé ; les règles FRQ-06 et FRQ-07 vérifient que cela suffit.",
        "The table is protected; rules FRQ-06 and FRQ-07 verify that it suffices.",
    ),
    mend=Words("Rien à faire.", "Nothing to do."),
    sources=("own",),
    scan=scan,
    parts=(Table,),
)

"""FRQ-06: suppressed cells that the margins give back exactly."""

from collections.abc import Iterator

from tre.egress.checks.buckets import bucket
from tre.egress.checks.model import Hit, Severity
from tre.egress.checks.parts import Table
from tre.egress.checks.rule import Rule, Scene
from tre.egress.checks.tables.frame import Role, frame_of
from tre.egress.checks.tables.margins import contradicted, system_of
from tre.egress.checks.tables.solve import determined
from tre.egress.checks.words import Words

_MANY = 10  # distinct counts all on a base: then the table is rounded, and differences are not counts


def scan(part: Table, scene: Scene) -> Iterator[Hit]:
    """Block when a recovered value is a small count; values that are zero or large disclose nothing themselves."""
    frame = frame_of(part, scene.policy)
    system = system_of(frame)
    if not system.unknowns or contradicted(frame):
        return
    top = scene.policy.threshold
    small = [system.unknowns[index] for index, value in determined(system).items() if 0.5 <= value < top - 0.5 + 1e-6]
    if small:
        words = Words(
            f"{bucket(len(small))} case(s) masquée(s) se retrouvent par soustraction des marges.",
            f"{bucket(len(small))} suppressed cell(s) follow from the margins by subtraction.",
        )
        rounded = min((column.rounded_to for column in frame.of(Role.COUNT)), default=1) >= 5
        sure = not rounded or len({cell.value for _, _, cell in frame.count_cells()}) < _MANY
        yield Hit(words, Severity.BLOCK if sure else Severity.REVIEW, frame.place(small))


RULE = Rule(
    id="FRQ-06",
    version=1,
    statbarn="Frequencies",
    severity=Severity.BLOCK,
    title=Words("Secret secondaire : case masquée recalculable", "Secondary disclosure: suppressed cell recoverable"),
    explanation=Words(
        "Les totaux de ligne et de colonne forment des équations qui donnent la valeur masquée.",
        "Row and column totals form equations that give the suppressed value.",
    ),
    mend=Words(
        "Masquez au moins une deuxième case dans la ligne et dans la colonne (« tre protect » choisit les moins coûteuses), ou les totaux.",
        "Suppress at least a second cell in the row and in the column (`tre protect` picks the cheapest), or the totals.",
    ),
    sources=("CASD §2.3.1.2, secret secondaire", "Handbook on SDC 4.4"),
    scan=scan,
    parts=(Table,),
)

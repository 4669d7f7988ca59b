"""FRQ-10: weighted counts without the unweighted ones."""

from collections.abc import Iterator

from tre.egress.checks.model import Hit, Severity
from tre.egress.checks.parts import Table
from tre.egress.checks.rule import Rule, Scene
from tre.egress.checks.tables.cells import Kind
from tre.egress.checks.tables.frame import Column, Role, frame_of
from tre.egress.checks.tables.lexicon import says_count, tokens
from tre.egress.checks.tables.rowlevel import row_level
from tre.egress.checks.words import Words

_WEIGHTED = frozenset(("weighted", "pondere", "ponderes", "ponderee", "poids"))
_LEAST = 11  # a spline or an estimate called "n_..." stays small


def scan(part: Table, scene: Scene) -> Iterator[Hit]:
    """A column called a count whose numbers are mostly not whole, beside no column of whole counts."""
    frame = frame_of(part, scene.policy)
    if frame.of(Role.COUNT) or row_level(frame, scene.policy).level:
        return
    found = [column.index for column in frame.columns if _fractional(column)]
    if found:
        yield Hit(
            Words("Effectifs pondérés sans effectifs bruts.", "Weighted counts without raw counts."),
            location=frame.place([(0, index) for index in found]),
        )


def _fractional(column: Column) -> bool:
    words = set(tokens(column.name))
    if says_count(column.name) < 2 and not words & _WEIGHTED:
        return False
    numbers = [cell.value for cell in column.cells if cell.kind is Kind.NUMBER and not cell.percent]
    return (
        len(numbers) >= 2
        and max(numbers) >= _LEAST
        and sum(not number.is_integer() for number in numbers) > 0.5 * len(numbers)
    )


RULE = Rule(
    id="FRQ-10",
    version=1,
    statbarn="Frequencies",
    severity=Severity.REVIEW,
    title=Words("Effectifs pondérés", "Weighted counts"),
    explanation=Words(
        "Un effectif pondéré de 300 peut venir d'une seule personne.",
        "A weighted count of 300 may come from one person.",
    ),
    mend=Words(
        "Ajoutez les effectifs non pondérés, ou masquez d'après eux.",
        "Add the unweighted counts, or suppress according to them.",
    ),
    sources=("ABS DataLab, unweighted",),
    scan=scan,
    parts=(Table,),
)

"""FRQ-09: rounding that a header or caption claims and the counts do not follow."""

from collections.abc import Iterator

from tre.egress.checks.buckets import bucket
from tre.egress.checks.model import Hit, Severity
from tre.egress.checks.parts import Table
from tre.egress.checks.rule import Rule, Scene
from tre.egress.checks.tables.frame import Role, frame_of
from tre.egress.checks.tables.rounding import follows, hinted_base
from tre.egress.checks.words import Words


def scan(part: Table, scene: Scene) -> Iterator[Hit]:
    """Each count column whose header, or the caption, names a base; the policy's own base when it asks for one."""
    frame = frame_of(part, scene.policy)
    wrong: list[tuple[int, int]] = []
    for column in frame.of(Role.COUNT):
        base = hinted_base(column.name) or hinted_base(frame.caption)
        if base:
            wrong += [
                (row, column.index)
                for row, cell in enumerate(column.cells)
                if cell.integer and not follows([cell.value], base)
            ]
    if wrong:
        words = Words(
            f"{bucket(len(wrong))} effectif(s) ne suivent pas l'arrondi annoncé.",
            f"{bucket(len(wrong))} count(s) do not follow the claimed rounding.",
        )
        yield Hit(words, location=frame.place(wrong))


RULE = Rule(
    id="FRQ-09",
    version=1,
    statbarn="Frequencies",
    severity=Severity.REVIEW,
    title=Words("Arrondi annoncé mais absent", "Claimed rounding not applied"),
    explanation=Words("Un arrondi oublié rend les effectifs exacts.", "Forgotten rounding leaves exact counts."),
    mend=Words("Arrondissez tous les effectifs, totaux compris.", "Round all counts, totals included."),
    sources=("OpenSAFELY",),
    scan=scan,
    parts=(Table,),
)

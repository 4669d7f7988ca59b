"""MIC-05: frames printed in notebooks, pages and logs that look like listings of people."""

from collections.abc import Iterator

from tre.egress.checks.model import Hit, Severity
from tre.egress.checks.parts import Table
from tre.egress.checks.rule import Rule, Scene
from tre.egress.checks.tables.frame import STATISTICS, Role, frame_of
from tre.egress.checks.tables.lexicon import PERSON, has
from tre.egress.checks.tables.rowlevel import row_level
from tre.egress.checks.words import Words


def scan(part: Table, scene: Scene) -> Iterator[Hit]:
    """Two rows or more of several attributes of a person, without counts or statistics, that MIC-02 did not catch."""
    if not part.printed:
        return
    frame = frame_of(part, scene.policy)
    if frame.height < 2 or frame.of(Role.COUNT, *STATISTICS) or row_level(frame, scene.policy).level:
        return
    persons = [
        column
        for column in frame.columns
        if has(column.name, PERSON) and column.role in (Role.NUMBER, Role.LABEL, Role.DATE, Role.MAYBE, Role.ID)
    ]
    if len(persons) >= 3:
        yield Hit(
            Words("Quelques lignes de données affichées.", "A few rows of data printed."),
            location=frame.place([(0, c.index) for c in persons]),
        )


RULE = Rule(
    id="MIC-05",
    version=1,
    statbarn="",
    severity=Severity.REVIEW,
    title=Words("Extrait de données affiché", "Printed extract of data"),
    explanation=Words("« head() » et les listings montrent des personnes.", "`head()` and listings show people."),
    mend=Words("Effacez cette sortie.", "Clear this output."),
    sources=("ESSnet guidelines, logs",),
    scan=scan,
    parts=(Table,),
)

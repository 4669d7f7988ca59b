"""MIC-01: the layout of raw SNDS tables."""

from collections.abc import Iterator

from tre.egress.checks.ident.columns import flat_name
from tre.egress.checks.ident.snds import IDENTIFIERS, VARIABLES
from tre.egress.checks.model import Hit, Severity
from tre.egress.checks.parts import BigTable, Part, Table
from tre.egress.checks.rule import Rule, Scene
from tre.egress.checks.tables.frame import frame_of
from tre.egress.checks.words import Words


def scan(part: Part, scene: Scene) -> Iterator[Hit]:
    """Three SNDS names with an identifier among them, or five names."""
    table = part.sample if isinstance(part, BigTable) else part
    if not isinstance(table, Table):
        return
    frame = frame_of(table, scene.policy)
    if frame.height < 2:
        return
    names = {column.index: flat_name(column.name) for column in frame.columns}
    known = [index for index, name in names.items() if name in VARIABLES or name in IDENTIFIERS]
    identifiers = [index for index in known if names[index] in IDENTIFIERS]
    if len(known) >= 5 or (len(known) >= 3 and identifiers):
        words = Words(
            f"{len(known)} variables du SNDS côte à côte, dont {len(identifiers)} identifiant(s).",
            f"{len(known)} SNDS variables side by side, {len(identifiers)} of them identifiers.",
        )
        yield Hit(words, location=frame.place([(0, index) for index in known]))


RULE = Rule(
    id="MIC-01",
    version=1,
    statbarn="",
    severity=Severity.BLOCK,
    title=Words("Extraction brute du SNDS", "Raw SNDS extract"),
    explanation=Words(
        "Le tableau a la forme d'une table de la base, pas d'un résultat.",
        "The table has the shape of a table of the database, not of a result.",
    ),
    mend=Words("Sortez des résultats agrégés.", "Export aggregated results."),
    sources=("indsante/schema-snds", "Arrêté du 6 mai 2024, référentiel SNDS §4.5"),
    scan=scan,
    parts=(Table, BigTable),
)

"""FIG-02: interactive plots and tables that carry their data."""

from collections.abc import Iterator

from tre.egress.checks.model import Hit, Severity
from tre.egress.checks.parts import Table, Trait
from tre.egress.checks.rule import Rule, Scene
from tre.egress.checks.words import Words

_POINTS = 50


def scan(part: Trait, scene: Scene) -> Iterator[Hit]:
    """Review; block when an embedded array has fifty points or more that no label names (a scatter of rows)."""
    if part.name != "html-interactive":
        return
    embedded = [
        t for t in scene.parts if isinstance(t, Table) and "/script/" in t.origin.pointer and len(t.rows) > _POINTS
    ]
    scatter = any({cell.lower() for cell in table.rows[0]} >= {"x", "y"} for table in embedded)
    yield Hit(
        Words(
            "Graphique ou tableau interactif : les données sont dans la page.",
            "Interactive plot or table: the data are in the page.",
        ),
        Severity.BLOCK if scatter else Severity.REVIEW,
    )


RULE = Rule(
    id="FIG-02",
    version=1,
    statbarn="",
    severity=Severity.REVIEW,
    title=Words("Graphique interactif", "Interactive plot"),
    explanation=Words(
        "Un graphique interactif contient tout ce qu'il sait afficher, et souvent plus.",
        "An interactive plot holds all it can show, and often more.",
    ),
    mend=Words(
        "Exportez une image PNG et le tableau agrégé qu'elle montre.",
        "Export a PNG image and the aggregated table that it shows.",
    ),
    sources=("CASD §3.3",),
    scan=scan,
    parts=(Trait,),
)

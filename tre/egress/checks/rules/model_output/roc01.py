"""ROC-01: point lists of ROC, precision-recall and calibration curves."""

from collections.abc import Iterator

from tre.egress.checks.model import Hit, Severity
from tre.egress.checks.parts import BigTable, Part, Table
from tre.egress.checks.rule import Rule, Scene
from tre.egress.checks.tables.frame import frame_of
from tre.egress.checks.tables.lexicon import tokens
from tre.egress.checks.words import Words

_AXES = (
    frozenset(("fpr", "tpr")),
    frozenset(("sensitivity", "specificity")),
    frozenset(("precision", "recall")),
    frozenset(("sensibilite", "specificite")),
)
_ROWS = 50


def scan(part: Part, scene: Scene) -> Iterator[Hit]:
    """Fifty points or more: about one threshold per person."""
    table = part.sample if isinstance(part, BigTable) else part
    if not isinstance(table, Table):
        return
    frame = frame_of(table, scene.policy)
    names = {token for column in frame.columns for token in tokens(column.name)}
    if frame.height >= _ROWS and any(axes <= names for axes in _AXES):
        yield Hit(
            Words(
                "Liste de points d'une courbe, environ un par personne.", "Point list of a curve, about one per person."
            )
        )


RULE = Rule(
    id="ROC-01",
    version=1,
    statbarn="Frequencies",
    severity=Severity.REVIEW,
    title=Words("Points d'une courbe ROC", "Points of a ROC curve"),
    explanation=Words(
        "Chaque marche de la courbe est le score d'une personne.", "Each step of the curve is one person's score."
    ),
    mend=Words("Donnez l'aire et au plus vingt seuils.", "Give the area and twenty thresholds at most."),
    sources=("own",),
    scan=scan,
    parts=(Table, BigTable),
)

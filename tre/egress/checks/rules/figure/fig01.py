"""FIG-01: vector plots whose raw points can be read back."""

from collections.abc import Iterator

from tre.egress.checks.buckets import bucket
from tre.egress.checks.model import Hit, Severity
from tre.egress.checks.parts import Figure
from tre.egress.checks.rule import Rule, Scene
from tre.egress.checks.words import Words

_MANY = 50
_FEW = 5


def scan(part: Figure, _scene: Scene) -> Iterator[Hit]:
    """Fifty marks or more: block. Fewer, or only lines and bars: a reviewer compares with the table of what is plotted."""
    if not part.vector:
        return
    if part.marks >= _MANY:
        yield Hit(
            Words(
                f"{bucket(part.marks)} points lisibles dans le dessin vectoriel.",
                f"{bucket(part.marks)} points readable in the vector drawing.",
            )
        )
    else:
        words = Words(
            "Dessin vectoriel : ses coordonnées sont des données.", "Vector drawing: its coordinates are data."
        )
        yield Hit(words, Severity.REVIEW)


RULE = Rule(
    id="FIG-01",
    version=1,
    statbarn="Position",
    severity=Severity.BLOCK,
    title=Words("Figure vectorielle", "Vector plot"),
    explanation=Words(
        "Les points d'un SVG ou d'un PDF se relisent un à un.",
        "The points of an SVG or PDF can be read back one by one.",
    ),
    mend=Words(
        "Exportez la figure en PNG (« tre protect » le fait).", "Export the figure as PNG (`tre protect` does it)."
    ),
    sources=("CASD §3.3", "RDC, Handbook SDC chapter 6: graphs in a non-processable format"),
    scan=scan,
    parts=(Figure,),
)

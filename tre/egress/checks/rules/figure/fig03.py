"""FIG-03: pictures: a person looks at them; text in them is read when OCR is installed."""

from collections.abc import Iterator

from tre.egress.checks.model import Hit, Severity
from tre.egress.checks.parts import Figure
from tre.egress.checks.rule import Rule, Scene
from tre.egress.checks.words import Words

_ICON = 10_000  # pixels: logos and icons inside documents


def scan(part: Figure, _scene: Scene) -> Iterator[Hit]:
    """Review, except for icons."""
    if not part.vector and part.width * part.height > _ICON:
        yield Hit(Words("Image : à regarder.", "Picture: to be looked at."))


RULE = Rule(
    id="FIG-03",
    version=1,
    statbarn="",
    severity=Severity.REVIEW,
    title=Words("Image", "Picture"),
    explanation=Words(
        "Aucune règle ne lit une courbe : points extrêmes et petits groupes se voient à l'œil.",
        "No rule reads a curve: extreme points and small groups are seen by eye.",
    ),
    mend=Words("Joignez le tableau des effectifs tracés.", "Attach the table of the plotted counts."),
    sources=("RDC: graphs with the table of plotted values", "OpenSAFELY"),
    scan=scan,
    parts=(Figure,),
)

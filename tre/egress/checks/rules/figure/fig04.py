"""FIG-04: metadata in pictures."""

from collections.abc import Iterator

from tre.egress.checks.model import Hit, Severity
from tre.egress.checks.parts import Trait
from tre.egress.checks.rule import Rule, Scene
from tre.egress.checks.words import Words


def scan(part: Trait, _scene: Scene) -> Iterator[Hit]:
    """Texts, positions and thumbnails."""
    if part.name == "image-metadata":
        yield Hit(Words("Métadonnées dans l'image.", "Metadata in the picture."))


RULE = Rule(
    id="FIG-04",
    version=1,
    statbarn="",
    severity=Severity.REVIEW,
    title=Words("Métadonnées d'image", "Picture metadata"),
    explanation=Words(
        "Les métadonnées nomment l'auteur, le lieu, ou transportent autre chose.",
        "Metadata name the author, the place, or carry something else.",
    ),
    mend=Words(
        "Réenregistrez l'image en PNG sans métadonnées (« tre protect »).",
        "Save the picture again as PNG without metadata (`tre protect`).",
    ),
    sources=("hygiene",),
    scan=scan,
    parts=(Trait,),
)

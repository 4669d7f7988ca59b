"""BIN-02: bytes after the end."""

from collections.abc import Iterator

from tre.egress.checks.model import Hit, Severity
from tre.egress.checks.parts import Trait
from tre.egress.checks.rule import Rule, Scene
from tre.egress.checks.words import Words


def scan(part: Trait, _scene: Scene) -> Iterator[Hit]:
    """Trailing bytes, or dense bytes where text belongs."""
    if part.name == "trailing-bytes":
        yield Hit(Words("Des octets suivent la fin du fichier.", "Bytes follow the end of the file."))
    elif part.name == "high-entropy":
        yield Hit(
            Words(
                "Une cellule ou un bloc paraît chiffré ou compressé.", "A cell or block looks encrypted or compressed."
            )
        )


RULE = Rule(
    id="BIN-02",
    version=1,
    statbarn="",
    severity=Severity.REVIEW,
    title=Words("Octets cachés", "Hidden bytes"),
    explanation=Words(
        "Ce que le lecteur habituel n'affiche pas peut transporter des données.",
        "What the usual viewer does not show may carry data.",
    ),
    mend=Words("Réenregistrez le fichier (« tre protect »).", "Save the file again (`tre protect`)."),
    sources=("hygiene",),
    scan=scan,
    parts=(Trait,),
)

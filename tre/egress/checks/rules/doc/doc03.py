"""DOC-03: what a PDF hides."""

from collections.abc import Iterator

from tre.egress.checks.model import Hit, Severity
from tre.egress.checks.parts import Trait
from tre.egress.checks.rule import Rule, Scene
from tre.egress.checks.words import Words

_SAYS = {
    "pdf-attachment": (Severity.BLOCK, Words("Fichier joint dans le PDF.", "File attached in the PDF.")),
    "pdf-hidden-layer": (Severity.REVIEW, Words("Calque masqué.", "Hidden layer.")),
    "pdf-old-revision": (
        Severity.REVIEW,
        Words("Une version antérieure reste lisible.", "An earlier revision remains readable."),
    ),
    "pdf-xfa": (Severity.REVIEW, Words("Formulaire XFA.", "XFA form.")),
    "pdf-covered-text": (Severity.BLOCK, Words("Texte sous un cache opaque.", "Text under an opaque box.")),
}


def scan(part: Trait, _scene: Scene) -> Iterator[Hit]:
    """One hit a trait."""
    if part.name in _SAYS:
        severity, words = _SAYS[part.name]
        yield Hit(words, severity)


RULE = Rule(
    id="DOC-03",
    version=1,
    statbarn="",
    severity=Severity.REVIEW,
    title=Words("Contenu caché d'un PDF", "Hidden content of a PDF"),
    explanation=Words(
        "Pièces jointes, calques et anciennes versions restent dans le fichier.",
        "Attachments, layers and old revisions stay in the file.",
    ),
    mend=Words("Imprimez vers un nouveau PDF, ou exportez en PNG.", "Print to a new PDF, or export as PNG."),
    sources=("hygiene",),
    scan=scan,
    parts=(Trait,),
)

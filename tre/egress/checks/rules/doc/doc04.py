"""DOC-04: pages and notebooks: what they carry besides what they show."""

from collections.abc import Iterator

from tre.egress.checks.model import Hit, Severity
from tre.egress.checks.parts import Trait
from tre.egress.checks.rule import Rule, Scene
from tre.egress.checks.words import Words

_SAYS = {
    "notebook-error": (
        Severity.REVIEW,
        Words("Trace d'erreur, parfois avec des valeurs.", "Error trace, at times with values."),
    ),
    "notebook-widget": (Severity.REVIEW, Words("État de widgets, avec leurs données.", "Widget state, with its data.")),
    "html-hidden": (Severity.REVIEW, Words("Éléments cachés dans la page.", "Hidden nodes in the page.")),
}


def scan(part: Trait, _scene: Scene) -> Iterator[Hit]:
    """One hit a trait; the contents themselves are checked by the other rules."""
    if part.name in _SAYS:
        severity, words = _SAYS[part.name]
        yield Hit(words, severity)


RULE = Rule(
    id="DOC-04",
    version=1,
    statbarn="",
    severity=Severity.REVIEW,
    title=Words("Page ou cahier qui transporte des données", "Page or notebook that carries data"),
    explanation=Words(
        "Un cahier garde toutes ses sorties, une page tout ce que ses scripts savent.",
        "A notebook keeps all its outputs, a page all that its scripts know.",
    ),
    mend=Words("Effacez les sorties du cahier (« tre protect »).", "Clear the notebook's outputs (`tre protect`)."),
    sources=("own",),
    scan=scan,
    parts=(Trait,),
)

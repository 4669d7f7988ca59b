"""DOC-02: what documents and slides hide."""

from collections.abc import Iterator

from tre.egress.checks.model import Hit, Severity
from tre.egress.checks.parts import Trait
from tre.egress.checks.rule import Rule, Scene
from tre.egress.checks.words import Words

_SAYS = {
    "office-embedded": (Severity.REVIEW, Words("Objet ou classeur embarqué.", "Embedded object or workbook.")),
    "office-tracked-changes": (
        Severity.REVIEW,
        Words("Modifications suivies : le texte supprimé est lisible.", "Tracked changes: deleted text can be read."),
    ),
    "office-comment": (Severity.REVIEW, Words("Commentaires.", "Comments.")),
    "office-hidden-text": (Severity.REVIEW, Words("Texte ou diapositive cachés.", "Hidden text or slide.")),
    "office-properties": (
        Severity.INFO,
        Words("Nom d'auteur ou d'organisme dans les propriétés.", "Author or organisation in the properties."),
    ),
}


def scan(part: Trait, _scene: Scene) -> Iterator[Hit]:
    """One hit a trait."""
    if part.name in _SAYS:
        severity, words = _SAYS[part.name]
        yield Hit(words, severity)


RULE = Rule(
    id="DOC-02",
    version=1,
    statbarn="",
    severity=Severity.REVIEW,
    title=Words("Contenu caché d'un document", "Hidden content of a document"),
    explanation=Words(
        "Derrière un graphique se trouve souvent son classeur, avec les données.",
        "Behind a chart there is often its workbook, with the data.",
    ),
    mend=Words(
        "Collez les graphiques en image, acceptez les modifications, ôtez les commentaires.",
        "Paste charts as pictures, accept changes, remove comments.",
    ),
    sources=("ICO",),
    scan=scan,
    parts=(Trait,),
)

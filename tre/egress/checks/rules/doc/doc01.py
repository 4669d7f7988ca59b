"""DOC-01: what a workbook hides."""

from collections.abc import Iterator

from tre.egress.checks.model import Hit, Severity
from tre.egress.checks.parts import Trait
from tre.egress.checks.rule import Rule, Scene
from tre.egress.checks.words import Words

_SAYS = {
    "xlsx-pivot-cache": (
        Severity.BLOCK,
        Words("Cache de tableau croisé : les lignes d'origine y sont.", "Pivot cache: the original rows are in it."),
    ),
    "xlsx-data-model": (Severity.BLOCK, Words("Modèle de données embarqué.", "Embedded data model.")),
    "xlsx-very-hidden-sheet": (
        Severity.BLOCK,
        Words("Feuille très cachée qui contient des données.", "Very hidden sheet with data."),
    ),
    "xlsx-hidden-sheet": (Severity.REVIEW, Words("Feuille cachée.", "Hidden sheet.")),
    "xlsx-hidden-rows": (Severity.REVIEW, Words("Lignes ou colonnes cachées.", "Hidden rows or columns.")),
    "xlsx-external-link": (
        Severity.REVIEW,
        Words("Valeurs d'un autre classeur gardées en cache.", "Cached values of another workbook."),
    ),
    "xlsx-comment": (Severity.REVIEW, Words("Commentaires.", "Comments.")),
    "xlsx-defined-name": (Severity.REVIEW, Words("Noms définis cachés.", "Hidden defined names.")),
}


def scan(part: Trait, _scene: Scene) -> Iterator[Hit]:
    """One hit a trait; what hidden sheets and caches hold is checked by the other rules as well."""
    if part.name in _SAYS:
        severity, words = _SAYS[part.name]
        yield Hit(words, severity)


RULE = Rule(
    id="DOC-01",
    version=1,
    statbarn="",
    severity=Severity.REVIEW,
    title=Words("Contenu caché d'un classeur", "Hidden content of a workbook"),
    explanation=Words(
        "Le destinataire peut afficher tout ce que le classeur cache.",
        "The recipient can show all that the workbook hides.",
    ),
    mend=Words(
        "Copiez les valeurs visibles dans un csv (« tre protect » le fait).",
        "Copy the visible values to a csv (`tre protect` does it).",
    ),
    sources=("ICO", "mySociety Excel Analyser"),
    scan=scan,
    parts=(Trait,),
)

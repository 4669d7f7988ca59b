"""ARC-01: archives that hide or harm: depth, ratio, number of members, paths that leave the folder, links."""

from collections.abc import Iterator

from tre.egress.checks.model import Hit, Severity
from tre.egress.checks.parts import Trait
from tre.egress.checks.rule import Rule, Scene
from tre.egress.checks.words import Words

_SAYS = {
    "archive-traversal": Words(
        "Un chemin de l'archive sort de son dossier.", "A path in the archive leaves its folder."
    ),
    "archive-link": Words("L'archive contient un lien.", "The archive holds a link."),
    "archive-ratio": Words("Le taux de compression dépasse la limite.", "The compression ratio is over the limit."),
    "archive-depth": Words("Les archives sont emboîtées trop profondément.", "Archives are nested too deeply."),
    "archive-members": Words("L'archive a trop de membres.", "The archive has too many members."),
}


def scan(part: Trait, _scene: Scene) -> Iterator[Hit]:
    """One hit a trait."""
    if part.name in _SAYS:
        yield Hit(_SAYS[part.name])


RULE = Rule(
    id="ARC-01",
    version=1,
    statbarn="",
    severity=Severity.BLOCK,
    title=Words("Archive impossible à contrôler", "Archive that cannot be checked"),
    explanation=Words(
        "Ce qui ne peut pas être ouvert en entier peut contenir n'importe quoi.",
        "What cannot be opened entirely may hold anything.",
    ),
    mend=Words("Déposez les fichiers eux-mêmes, sans archive.", "Submit the files themselves, without an archive."),
    sources=("hygiene: nested ≤ 3, ratio ≤ 100, ≤ 1,000 members",),
    scan=scan,
    parts=(Trait,),
)

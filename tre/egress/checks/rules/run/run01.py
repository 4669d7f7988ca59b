"""RUN-01: the check itself could not finish; raised by the engine and the sandbox."""

from collections.abc import Iterator

from tre.egress.checks.model import Hit, Severity
from tre.egress.checks.parts import Part
from tre.egress.checks.rule import Rule, Scene
from tre.egress.checks.words import Words


def scan(_part: Part, _scene: Scene) -> Iterator[Hit]:
    """Nothing to look for: `examine.crashed` and `sandbox.client.failed` make this finding."""
    yield from ()


RULE = Rule(
    id="RUN-01",
    version=1,
    statbarn="",
    severity=Severity.REVIEW,
    title=Words("Contrôle incomplet", "Check not completed"),
    explanation=Words(
        "Une partie du contrôle n'a pas abouti : ce qui n'est pas contrôlé n'est pas réputé sûr.",
        "Part of the check did not finish: what is not checked is not taken to be safe.",
    ),
    mend=Words(
        "Réduisez ou simplifiez le fichier (moins de lignes, un format courant), puis relancez le contrôle.",
        "Make the file smaller or simpler (fewer rows, a common format), then check again.",
    ),
    sources=("design §7: a crash or timeout is at least review",),
    scan=scan,
)

"""MOD-04: a saved model of coefficients only."""

from collections.abc import Iterator

from tre.egress.checks.model import Hit, Severity
from tre.egress.checks.parts import Model
from tre.egress.checks.rule import Rule, Scene
from tre.egress.checks.words import Words


def scan(part: Model, scene: Scene) -> Iterator[Hit]:
    """Passes when the form declares N at or above the threshold; otherwise the number of people is asked for as a note."""
    declared = scene.context.n if scene.context else None
    if declared is not None and declared < scene.policy.threshold:
        yield Hit(
            Words(
                "Le modèle porte sur moins de personnes que le seuil.",
                "The model rests on fewer people than the threshold.",
            ),
            Severity.BLOCK,
        )
    elif declared is None and part.arrays:
        yield Hit(
            Words(
                "Indiquez dans la fiche le nombre de personnes de l'apprentissage.",
                "Give the number of people in training in the form.",
            ),
            Severity.INFO,
        )


RULE = Rule(
    id="MOD-04",
    version=1,
    statbarn="CorrelationCoefficients",
    severity=Severity.INFO,
    title=Words("Modèle enregistré", "Saved model"),
    explanation=Words(
        "Des coefficients sur assez de personnes sont des résultats agrégés.",
        "Coefficients over enough people are aggregated results.",
    ),
    mend=Words("Donnez N dans la fiche.", "Give N in the form."),
    sources=("DwB guidelines",),
    scan=scan,
    parts=(Model,),
)

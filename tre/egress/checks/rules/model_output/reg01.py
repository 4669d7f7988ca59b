"""REG-01: estimates without the number of observations behind them."""

from collections.abc import Iterator

from tre.egress.checks.model import Hit, Severity
from tre.egress.checks.parts import Table
from tre.egress.checks.rule import Rule, Scene
from tre.egress.checks.tables.estimates import is_estimates, precisions
from tre.egress.checks.tables.facts import facts_of
from tre.egress.checks.tables.frame import frame_of
from tre.egress.checks.words import Words


def scan(scene: Scene) -> Iterator[Hit]:
    """Silent when N is printed, given in the context form, or proved by the precision of an estimate."""
    facts = facts_of(scene.parts, scene.policy)
    known = max([*facts.sizes, scene.context.n or 0 if scene.context else 0, *facts.residual_dof], default=0)
    needed = scene.policy.threshold + scene.policy.min_dof
    if known >= needed:
        return
    for part in scene.parts:
        if not isinstance(part, Table):
            continue
        frame = frame_of(part, scene.policy)
        if not is_estimates(frame):
            continue
        proved = max((precision.least for precision in precisions(frame, facts.residual_se)), default=0.0)
        if proved < needed:
            yield Hit(
                Words(
                    "Estimations sans effectif (N) ni degrés de liberté.", "Estimates without N or degrees of freedom."
                ),
                location=part.origin,
            )
            return


RULE = Rule(
    id="REG-01",
    version=1,
    statbarn="CorrelationCoefficients",
    severity=Severity.REVIEW,
    title=Words("Régression sans N", "Regression without N"),
    explanation=Words(
        "Sans N ni degrés de liberté, rien ne dit que le modèle porte sur assez de personnes.",
        "Without N or degrees of freedom, nothing says that the model rests on enough people.",
    ),
    mend=Words(
        "Ajoutez le nombre d'observations de chaque modèle, ou indiquez-le dans la fiche.",
        "Add the number of observations of each model, or give it in the form.",
    ),
    sources=("CASD §3.2", "DwB guidelines: ten residual degrees of freedom", "own: bound from the standard errors"),
    scan=scan,
    scope="file",
)

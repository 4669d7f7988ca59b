"""REG-03: saturated models: hardly any degree of freedom, or a perfect fit."""

from collections.abc import Iterator

from tre.egress.checks.model import Hit, Severity
from tre.egress.checks.parts import Log, Table, Text
from tre.egress.checks.rule import Rule, Scene
from tre.egress.checks.tables.estimates import is_estimates
from tre.egress.checks.tables.facts import facts_of
from tre.egress.checks.tables.frame import frame_of
from tre.egress.checks.words import Words


def scan(scene: Scene) -> Iterator[Hit]:
    """Residual degrees of freedom under the policy's minimum, or R squared of 1, beside a table of estimates."""
    if not any(isinstance(part, Table) and is_estimates(frame_of(part, scene.policy)) for part in scene.parts):
        return
    facts = facts_of([part for part in scene.parts if isinstance(part, Text | Log)], scene.policy)
    if facts.residual_dof and min(facts.residual_dof) < scene.policy.min_dof:
        words = Words(
            f"Moins de {scene.policy.min_dof} degrés de liberté résiduels.",
            f"Fewer than {scene.policy.min_dof} residual degrees of freedom.",
        )
        yield Hit(words)
    if any(value >= 0.99999 for value in facts.r_squared if value <= 1):
        yield Hit(Words("Ajustement parfait (R² = 1).", "Perfect fit (R² = 1)."))


RULE = Rule(
    id="REG-03",
    version=1,
    statbarn="CorrelationCoefficients",
    severity=Severity.BLOCK,
    title=Words("Modèle saturé", "Saturated model"),
    explanation=Words(
        "Un modèle qui a presque autant de paramètres que de personnes rend leurs valeurs.",
        "A model with nearly as many parameters as people gives their values back.",
    ),
    mend=Words("Simplifiez le modèle ou élargissez la population.", "Simplify the model or widen the population."),
    sources=("Ritchie 2012", "DwB guidelines: ten residual degrees of freedom"),
    scan=scan,
    scope="file",
)

"""MOD-02: trees with leaves of few people."""

from collections.abc import Iterator

from tre.egress.checks.buckets import bucket
from tre.egress.checks.model import Hit, Severity
from tre.egress.checks.parts import Model
from tre.egress.checks.rule import Rule, Scene
from tre.egress.checks.words import Words

_TREES = ("tree", "forest", "ensemble", "gbm", "xgboost", "lightgbm", "catboost", "Isolation")


def scan(part: Model, scene: Scene) -> Iterator[Hit]:
    """Leaf sizes when they are readable; a tree without them is for a reviewer as well."""
    small = [count for count in part.leaf_counts if 0 < count < scene.policy.threshold]
    if small:
        yield Hit(
            Words(
                f"{bucket(len(small))} nœud(s) de moins de {scene.policy.threshold} personnes.",
                f"{bucket(len(small))} node(s) under {scene.policy.threshold} people.",
            )
        )
    elif not part.leaf_counts and any(word in name for name in part.classes for word in _TREES):
        yield Hit(
            Words("Des arbres dont la taille des feuilles n'est pas lisible.", "Trees whose leaf sizes cannot be read.")
        )


RULE = Rule(
    id="MOD-02",
    version=1,
    statbarn="Frequencies",
    severity=Severity.REVIEW,
    title=Words("Feuilles d'arbre à petit effectif", "Tree leaves with few people"),
    explanation=Words(
        "Une feuille de deux personnes est une case de deux personnes.", "A leaf of two people is a cell of two people."
    ),
    mend=Words(
        "Réentraînez avec « min_samples_leaf » au moins égal au seuil.",
        "Train again with `min_samples_leaf` at or above the threshold.",
    ),
    sources=("SACRO-ML, structural attack",),
    scan=scan,
    parts=(Model,),
)

"""REG-02: a coefficient that may rest on one or two people."""

from collections.abc import Iterator

from tre.egress.checks.buckets import bucket
from tre.egress.checks.model import Hit, Severity
from tre.egress.checks.parts import Table
from tre.egress.checks.rule import Rule, Scene
from tre.egress.checks.tables.estimates import is_estimates, precisions
from tre.egress.checks.tables.facts import facts_of
from tre.egress.checks.tables.frame import frame_of
from tre.egress.checks.words import Words

_FEW = 3.0


def scan(scene: Scene) -> Iterator[Hit]:
    """Review when the bound is under three in a linear model; a note between three and the threshold, which proves nothing."""
    facts = facts_of(scene.parts, scene.policy)
    if facts.residual_se is None:
        return
    for part in scene.parts:
        if not isinstance(part, Table):
            continue
        frame = frame_of(part, scene.policy)
        if not is_estimates(frame):
            continue
        found = [p for p in precisions(frame, facts.residual_se) if p.least < scene.policy.threshold]
        few = [
            p
            for p in found
            if p.least < _FEW
            and "intercept" not in frame.label_of(p.row).lower()
            and "const" not in frame.label_of(p.row).lower()
        ]
        for severity, cells in ((Severity.REVIEW, few), (Severity.INFO, [p for p in found if p.least >= _FEW])):
            if cells:
                words = Words(
                    f"{bucket(len(cells))} coefficient(s) dont la précision ne prouve pas assez de personnes.",
                    f"{bucket(len(cells))} coefficient(s) whose precision does not prove enough people.",
                )
                yield Hit(words, severity, frame.place([(p.row, p.column) for p in cells]))


RULE = Rule(
    id="REG-02",
    version=1,
    statbarn="CorrelationCoefficients",
    severity=Severity.REVIEW,
    title=Words("Coefficient d'un très petit groupe", "Coefficient of a very small group"),
    explanation=Words(
        "L'indicatrice d'une seule personne a pour coefficient la valeur de cette personne.",
        "The coefficient of a dummy for one person is that person's value.",
    ),
    mend=Words("Regroupez la modalité, ou donnez son effectif.", "Merge the category, or give its count."),
    sources=("own: Var b = s²/SSR and SSR ≤ n₁, so n₁ ≥ (s/se)²",),
    scan=scan,
    scope="file",
)

"""REG-04: effects listed for each unit: hospital, practice, doctor, patient."""

from collections.abc import Iterator

from tre.egress.checks.model import Hit, Severity
from tre.egress.checks.parts import Table
from tre.egress.checks.rule import Rule, Scene
from tre.egress.checks.tables.frame import frame_of
from tre.egress.checks.tables.lexicon import tokens
from tre.egress.checks.words import Words

_EFFECTS = frozenset(("ranef", "blup", "condval", "u0", "re", "intercept", "effect", "effet", "frailty", "fe"))
_UNITS = frozenset(
    (
        "hospital",
        "hopital",
        "practice",
        "provider",
        "centre",
        "center",
        "gp",
        "medecin",
        "doctor",
        "surgeon",
        "patient",
        "etablissement",
        "finess",
        "site",
        "id",
        "grp",
        "ward",
    )
)
_SOURCES = frozenset(("ranef", "blup", "condval", "random"))
_ROWS = 10


def scan(part: Table, scene: Scene) -> Iterator[Hit]:
    """A unit's name or number in one column, its effect in another, on ten rows or more."""
    frame = frame_of(part, scene.policy)
    if frame.height < _ROWS:
        return
    names = [set(tokens(column.name)) for column in frame.columns]
    everything = set(tokens(frame.caption)).union(*names) if names else set()
    unit = any(name & _UNITS for name in names)
    effect = any(name & _EFFECTS for name in names)
    if (unit and effect) or (everything & _SOURCES and effect):
        yield Hit(
            Words(
                "Un effet par unité (établissement, praticien, patient).",
                "One effect per unit (establishment, practitioner, patient).",
            )
        )


RULE = Rule(
    id="REG-04",
    version=1,
    statbarn="CorrelationCoefficients",
    severity=Severity.REVIEW,
    title=Words("Effets par unité", "Effects per unit"),
    explanation=Words(
        "Un effet aléatoire ou fixe par unité décrit chacune d'elles.",
        "A random or fixed effect per unit describes each of them.",
    ),
    mend=Words("Donnez la variance des effets, pas leur liste.", "Give the variance of the effects, not their list."),
    sources=("DwB guidelines",),
    scan=scan,
    parts=(Table,),
)

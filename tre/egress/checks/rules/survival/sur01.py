"""SUR-01: survival and life tables: few at risk, few events at a step, and steps that give events back."""

from collections.abc import Iterator

from tre.egress.checks.buckets import bucket
from tre.egress.checks.model import Hit, Severity
from tre.egress.checks.parts import Table
from tre.egress.checks.rule import Rule, Scene
from tre.egress.checks.tables.cells import Kind
from tre.egress.checks.tables.frame import Column, Frame, Role, frame_of
from tre.egress.checks.tables.lexicon import tokens
from tre.egress.checks.words import Words

_SURVIVAL = frozenset(("surv", "survival", "km", "survie", "kaplan"))
_RISK = frozenset(("risk", "atrisk", "risque", "nrisk"))
_TIME = frozenset(("time", "temps", "t", "timeline", "day", "jour", "month", "mois", "interval"))
_STEPS = 20


def scan(part: Table, scene: Scene) -> Iterator[Hit]:
    """With numbers at risk: events d = n (1 - S/S before) in 1..T-1 block. Without: many single steps are for a reviewer."""
    frame = frame_of(part, scene.policy)
    time, survival = _named(frame, _TIME), _named(frame, _SURVIVAL)
    if time is None or survival is None or frame.height < 5:
        return
    risk = _named(frame, _RISK)
    if risk is not None and risk.rounded_to < 5:
        small = list(_implied(risk, survival, scene.policy.threshold))
        if small:
            words = Words(
                f"{bucket(len(small))} pas de temps avec trop peu d'événements.",
                f"{bucket(len(small))} time step(s) with too few events.",
            )
            yield Hit(words, Severity.BLOCK, frame.place([(row, survival.index) for row in small]))
    elif risk is None and len({cell.value for cell in survival.cells}) >= _STEPS:
        counts = frame.of(Role.COUNT)
        if not counts or min(column.rounded_to for column in counts) < 5:
            yield Hit(
                Words(
                    "Courbe à de nombreux pas, sans effectifs à risque.",
                    "A curve of many steps, without numbers at risk.",
                ),
                Severity.REVIEW,
            )


def _named(frame: Frame, words: frozenset[str]) -> Column | None:
    return next((column for column in frame.columns if words & set(tokens(column.name)) and column.numbers()), None)


def _implied(risk: Column, survival: Column, threshold: int) -> Iterator[int]:
    before = 1.0
    for row, (n, s) in enumerate(zip(risk.cells, survival.cells, strict=True)):
        if n.kind is not Kind.NUMBER or s.kind is not Kind.NUMBER or not 0 <= s.value <= 1:
            continue
        if s.value > before:  # another stratum begins
            before = 1.0
        events = n.value * (1 - s.value / before) if before > 0 else 0.0
        if 0.5 <= events < threshold - 0.5 and n.value * 10**-s.decimals < 0.5:
            yield row
        before = s.value


RULE = Rule(
    id="SUR-01",
    version=1,
    statbarn="HazardSurvivalTables",
    severity=Severity.BLOCK,
    title=Words("Table de survie à petits effectifs", "Survival table with small counts"),
    explanation=Words(
        "Chaque marche de la courbe est le décès d'une ou de quelques personnes à une date.",
        "Each step of the curve is the event of one or a few people at a date.",
    ),
    mend=Words(
        "Regroupez le temps (mois), arrondissez les effectifs, arrêtez la courbe quand il reste trop peu de personnes.",
        "Group time (months), round the counts, stop the curve when too few remain.",
    ),
    sources=("O'Keefe 2012", "OpenSAFELY, midpoint 6"),
    scan=scan,
    parts=(Table,),
)

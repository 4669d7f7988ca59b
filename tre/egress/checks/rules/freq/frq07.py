"""FRQ-07: suppressed cells that the margins bound too tightly."""

from collections.abc import Iterator

from tre.egress.checks.buckets import bucket
from tre.egress.checks.model import Hit, Severity
from tre.egress.checks.parts import Table
from tre.egress.checks.rule import Rule, Scene
from tre.egress.checks.tables.frame import Role, frame_of
from tre.egress.checks.tables.margins import contradicted, system_of
from tre.egress.checks.tables.solve import bounds, determined
from tre.egress.checks.words import Words

_MAX_UNKNOWNS = 200


def scan(part: Table, scene: Scene) -> Iterator[Hit]:
    """Review when the interval of a cell, cut to 1..T-1, is narrower than the policy's protection width."""
    frame = frame_of(part, scene.policy)
    system = system_of(frame)
    if not system.equations or len(system.unknowns) > _MAX_UNKNOWNS or contradicted(frame):
        return
    if min((column.rounded_to for column in frame.of(Role.COUNT)), default=1) >= 5:
        return
    top = scene.policy.threshold - 1
    fixed = determined(system)
    narrow = []
    for index, (low, high) in bounds(system).items():
        # A marker's own definition ("<11") is no finding: only what the margins add is.
        ceiling = min(high, system.upper.get(index, high))
        small = max(low, 1.0) <= min(ceiling, float(top))
        defined = low <= 1.0 and ceiling >= system.upper.get(index, top)
        if index not in fixed and small and not defined and ceiling - max(low, 1.0) < scene.policy.protection_width:
            narrow.append(system.unknowns[index])
    if narrow:
        words = Words(
            f"{bucket(len(narrow))} case(s) masquée(s) encadrées à moins de {scene.policy.protection_width} près.",
            f"{bucket(len(narrow))} suppressed cell(s) bounded within less than {scene.policy.protection_width}.",
        )
        yield Hit(words, location=frame.place(narrow))


RULE = Rule(
    id="FRQ-07",
    version=1,
    statbarn="Frequencies",
    severity=Severity.REVIEW,
    title=Words("Case masquée trop bien encadrée", "Suppressed cell bounded too tightly"),
    explanation=Words(
        "Sans donner la valeur, les marges la situent dans un intervalle étroit.",
        "Without giving the value, the margins place it within a narrow interval.",
    ),
    mend=Words("Masquez d'autres cases, ou arrondissez les totaux.", "Suppress further cells, or round the totals."),
    sources=("Handbook on SDC 4.4", "τ-ARGUS audit"),
    scan=scan,
    parts=(Table,),
)

"""MAG-01: means, sums or standard deviations without the counts behind them."""

from collections.abc import Iterator

from tre.egress.checks.model import Hit, Severity
from tre.egress.checks.parts import Table
from tre.egress.checks.rule import Rule, Scene
from tre.egress.checks.tables.estimates import is_estimates
from tre.egress.checks.tables.facts import facts_of
from tre.egress.checks.tables.frame import Frame, Role, frame_of
from tre.egress.checks.words import Words


def scan(scene: Scene) -> Iterator[Hit]:
    """Silent when any count of the file, a printed N, or the context form gives N."""
    if (scene.context and scene.context.n) or facts_of(scene.parts, scene.policy).sizes:
        return
    frames = [frame_of(part, scene.policy) for part in scene.parts if isinstance(part, Table)]
    if any(frame.of(Role.COUNT) or Role.COUNT in frame.row_roles for frame in frames):
        return
    for frame in frames:
        if _magnitudes(frame) and not is_estimates(frame):
            yield Hit(
                Words("Moyennes ou sommes sans effectif.", "Means or sums without counts."), location=frame.table.origin
            )
            return


def _magnitudes(frame: Frame) -> bool:
    columns = [column for column in frame.of(Role.MEAN, Role.SPREAD) if column.numbers()]
    rows = [role for role in frame.row_roles if role is Role.MEAN]
    return bool(columns or rows)


RULE = Rule(
    id="MAG-01",
    version=1,
    statbarn="LinearAggregations",
    severity=Severity.REVIEW,
    title=Words("Moyennes sans effectif", "Means without counts"),
    explanation=Words(
        "Une moyenne sur une ou deux personnes donne leurs valeurs.",
        "A mean over one or two people gives their values.",
    ),
    mend=Words(
        "Ajoutez l'effectif de chaque case, ou joignez un fichier de contrôle.",
        "Add the count of each cell, or attach a control file.",
    ),
    sources=("CASD §3.4", "DwB guidelines"),
    scan=scan,
    scope="file",
)

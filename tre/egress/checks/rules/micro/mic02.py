"""MIC-02: row-level data."""

from collections.abc import Iterator

from tre.egress.checks.model import Hit, Severity
from tre.egress.checks.parts import BigTable, Part, Table
from tre.egress.checks.rule import Rule, Scene
from tre.egress.checks.tables.frame import frame_of
from tre.egress.checks.tables.rowlevel import row_level
from tre.egress.checks.words import Words

_ROWS = 50  # below, a listing is MIC-05 or a small table: a reviewer looks


def scan(part: Part, scene: Scene) -> Iterator[Hit]:
    """Block at 50 rows or more; review for shorter listings and for doubtful ones."""
    table = part.sample if isinstance(part, BigTable) else part
    if not isinstance(table, Table):
        return
    frame = frame_of(table, scene.policy)
    found = row_level(frame, scene.policy)
    if not found.level:
        return
    named = found.why == "patient-number"
    sure = found.level == 2 and (found.rows >= _ROWS or (named and found.rows >= 5))
    place = frame.place([(0, index) for index in found.columns])
    size = "≥ 50" if found.rows >= _ROWS else "< 50"
    words = Words(
        f"{size} lignes qui ressemblent chacune à une personne ({len(found.columns)} colonne(s) d'attributs, aucun effectif).",
        f"{size} rows that each look like one person ({len(found.columns)} attribute column(s), no count).",
    )
    yield Hit(words, Severity.BLOCK if sure else Severity.REVIEW, place)


RULE = Rule(
    id="MIC-02",
    version=1,
    statbarn="",
    severity=Severity.BLOCK,
    title=Words("Données individuelles", "Row-level data"),
    explanation=Words(
        "Chaque ligne décrit une personne : seuls des résultats anonymes et agrégés sortent.",
        "Each row describes one person: only anonymous, aggregated results leave.",
    ),
    mend=Words(
        "Sortez un tableau agrégé (effectifs d'au moins le seuil) au lieu des lignes.",
        "Export an aggregated table (counts at or above the threshold) instead of rows.",
    ),
    sources=("Arrêté du 6 mai 2024, référentiel SNDS §4.5", "HDH forum #918", "k-anonymity"),
    scan=scan,
    parts=(Table, BigTable),
)

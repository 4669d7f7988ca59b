"""ID-04: establishments (FINESS, ETA_NUM)."""
# ruff: noqa: SIM905

from collections.abc import Iterator

from tre.egress.checks.buckets import bucket
from tre.egress.checks.ident.columns import digits_only, values_of
from tre.egress.checks.ident.keys import luhn
from tre.egress.checks.model import Hit, Severity
from tre.egress.checks.parts import BigTable, Part, Table
from tre.egress.checks.rule import Rule, Scene
from tre.egress.checks.tables.frame import frame_of
from tre.egress.checks.tables.lexicon import tokens
from tre.egress.checks.words import Words

_HEADERS = frozenset("finess eta etablissement etab hopital hospital siret siren".split())


def scan(part: Part, scene: Scene) -> Iterator[Hit]:
    """A header that names establishments, over nine digits."""
    table = part.sample if isinstance(part, BigTable) else part
    if not isinstance(table, Table):
        return
    frame = frame_of(table, scene.policy)
    for values in values_of(frame):
        words = tokens(values.column.name)
        numbers = [text for text in digits_only(values.texts) if len(text) == 9]
        named = "finess" in words or (not _HEADERS.isdisjoint(words) and len(numbers) >= 0.8 * len(values.texts))
        if named and (not numbers or sum(map(luhn, numbers)) >= 0.3 * len(numbers)):
            yield Hit(
                Words(
                    f"{bucket(len(set(values.texts)))} établissement(s) désignés.",
                    f"{bucket(len(set(values.texts)))} establishment(s) named.",
                ),
                location=frame.place([(0, values.column.index)]),
            )


RULE = Rule(
    id="ID-04",
    version=1,
    statbarn="Frequencies",
    severity=Severity.REVIEW,
    title=Words("Établissement identifié", "Establishment identified"),
    explanation=Words(
        "Un résultat par établissement peut désigner ses patients et l'établissement lui-même.",
        "A result per establishment may disclose its patients and the establishment itself.",
    ),
    mend=Words(
        "Regroupez par région ou par catégorie d'établissement, ou justifiez.",
        "Group by region or kind of establishment, or justify.",
    ),
    sources=("CASD", "MR-005"),
    scan=scan,
    parts=(Table, BigTable),
)

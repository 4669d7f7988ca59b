"""ID-03: numbers of health professionals (RPPS, ADELI)."""
# ruff: noqa: SIM905

from collections.abc import Iterator

from tre.egress.checks.buckets import percent
from tre.egress.checks.ident.columns import digits_only, values_of
from tre.egress.checks.ident.keys import luhn
from tre.egress.checks.model import Hit, Severity
from tre.egress.checks.parts import BigTable, Part, Table
from tre.egress.checks.rule import Rule, Scene
from tre.egress.checks.tables.frame import frame_of
from tre.egress.checks.tables.lexicon import tokens
from tre.egress.checks.words import Words

_HEADERS = frozenset("rpps adeli idps idpp medecin praticien prescripteur executant".split())
_RATE = 0.95
_ROWS = 20


def scan(part: Part, scene: Scene) -> Iterator[Hit]:
    """A header that says so with valid numbers below, or a column of which 95 % pass Luhn (10 % of random numbers do)."""
    table = part.sample if isinstance(part, BigTable) else part
    if not isinstance(table, Table):
        return
    frame = frame_of(table, scene.policy)
    for values in values_of(frame):
        numbers = [text for text in digits_only(values.texts) if len(text) in (9, 11)]
        if len(numbers) < 0.8 * len(values.texts):
            continue
        rate = sum(map(luhn, numbers)) / len(numbers)
        named = not _HEADERS.isdisjoint(tokens(values.column.name))
        by_rate = (
            rate >= _RATE and len(numbers) >= _ROWS and values.distinct > 0.5 and all(len(n) == 11 for n in numbers)
        )
        if (named and rate >= 0.5) or by_rate:
            yield Hit(
                Words(
                    f"{percent(rate)} de numéros de professionnels valides.",
                    f"{percent(rate)} valid professionals' numbers.",
                ),
                location=frame.place([(0, values.column.index)]),
            )


RULE = Rule(
    id="ID-03",
    version=1,
    statbarn="",
    severity=Severity.BLOCK,
    title=Words("Numéro de professionnel de santé", "Health professional's number"),
    explanation=Words("Un RPPS ou un ADELI désigne une personne.", "An RPPS or ADELI number names a person."),
    mend=Words("Supprimez la colonne ou regroupez par spécialité.", "Remove the column or group by specialty."),
    sources=("HDH, bonnes pratiques #1190 r.4",),
    scan=scan,
    parts=(Table, BigTable),
)

"""ID-06: pseudonyms, by name or by the look of their values."""
# ruff: noqa: SIM905

from collections.abc import Iterator

from tre.egress.checks.buckets import percent
from tre.egress.checks.ident.columns import flat_name, is_data, pseudonym_rate, values_of
from tre.egress.checks.ident.snds import IDENTIFIERS, PATIENT_NUMBERS
from tre.egress.checks.model import Hit, Severity
from tre.egress.checks.parts import BigTable, Part, Table
from tre.egress.checks.rule import Rule, Scene
from tre.egress.checks.tables.frame import frame_of
from tre.egress.checks.tables.lexicon import tokens
from tre.egress.checks.words import Words

_CHECKSUMS = frozenset(
    (
        "sha sha1 sha256 sha512 md5 checksum checksums commit digest etag hash git version image fingerprint url "
        "uri path file filename"
    ).split()
)
_DISTINCT = 0.5


def scan(part: Part, scene: Scene) -> Iterator[Hit]:
    """Names of the SNDS' pseudonyms; patients' numbers; opaque values of which more than half are distinct."""
    table = part.sample if isinstance(part, BigTable) else part
    if not isinstance(table, Table):
        return
    frame = frame_of(table, scene.policy)
    for values in values_of(frame):
        name = flat_name(values.column.name)
        place = frame.place([(0, values.column.index)])
        numbered = any(any(char.isdigit() for char in text) for text in values.texts)
        if name in IDENTIFIERS and len(values.texts) >= 1 and is_data(values.column):
            yield Hit(
                Words(
                    "Une colonne porte le nom d'un pseudonyme du SNDS.", "A column bears the name of an SNDS pseudonym."
                ),
                location=place,
            )
        elif name in PATIENT_NUMBERS and values.distinct > _DISTINCT and len(values.texts) >= 2 and numbered:
            words = Words(
                f"Une colonne de numéros de patient ({percent(values.distinct)} de valeurs distinctes).",
                f"A column of patients' numbers ({percent(values.distinct)} distinct).",
            )
            yield Hit(words, location=place)
        elif len(values.texts) >= 5 and values.distinct > _DISTINCT and (rate := pseudonym_rate(values.texts)) > 0.8:
            checksum = not _CHECKSUMS.isdisjoint(tokens(values.column.name))
            words = Words(
                f"{percent(rate)} des valeurs ressemblent à des pseudonymes.",
                f"{percent(rate)} of the values look like pseudonyms.",
            )
            yield Hit(words, Severity.INFO if checksum else Severity.BLOCK, place)


RULE = Rule(
    id="ID-06",
    version=1,
    statbarn="",
    severity=Severity.BLOCK,
    title=Words("Pseudonyme ou numéro de patient", "Pseudonym or patient's number"),
    explanation=Words(
        "Aucun identifiant de bénéficiaire ou de professionnel ne sort, même chiffré : il permet de relier les données.",
        "No identifier of a beneficiary or professional leaves, not even encrypted: it lets data be linked.",
    ),
    mend=Words("Supprimez la colonne.", "Remove the column."),
    sources=("indsante/schema-snds", "HDH, bonnes pratiques #1190 r.4"),
    scan=scan,
    parts=(Table, BigTable),
)

"""ID-08: free text and person names in data."""
# ruff: noqa: SIM905

from collections.abc import Iterator

from tre.egress.checks.ident.columns import Values, values_of
from tre.egress.checks.ident.names import FIRST_NAMES
from tre.egress.checks.model import Hit, Severity
from tre.egress.checks.parts import BigTable, Part, Table
from tre.egress.checks.rule import Rule, Scene
from tre.egress.checks.tables.frame import Frame, Role, frame_of
from tre.egress.checks.tables.lexicon import tokens
from tre.egress.checks.words import Words

_FREE = frozenset(
    (
        "comment comments commentaire commentaires note notes texte text observation observations compte rendu "
        "motif narrative remarque remarks"
    ).split()
)
_NAMES = frozenset("nom prenom name firstname lastname surname forename nom_patient patient_name nomusuel".split())
_LENGTH, _DISTINCT, _ROWS = 30, 0.5, 20


def scan(part: Part, scene: Scene) -> Iterator[Hit]:
    """Long distinct sentences beside attributes, or first names on a third of the rows."""
    table = part.sample if isinstance(part, BigTable) else part
    if not isinstance(table, Table):
        return
    frame = frame_of(table, scene.policy)
    for values in values_of(frame):
        if values.column.role is not Role.LABEL:
            continue
        place = frame.place([(0, values.column.index)])
        if _free_text(values, frame):
            yield Hit(Words("Une colonne de texte libre.", "A column of free text."), location=place)
        elif _names(values):
            yield Hit(
                Words("Une colonne qui ressemble à des noms de personnes.", "A column that looks like people's names."),
                location=place,
            )


def _free_text(values: Values, frame: Frame) -> bool:
    mean = sum(map(len, values.texts)) / len(values.texts)
    named = not _FREE.isdisjoint(tokens(values.column.name))
    sentences = sum(text.count(" ") >= 5 for text in values.texts) > 0.5 * len(values.texts)
    long = mean > _LENGTH and values.distinct > _DISTINCT and sentences and len(values.texts) >= _ROWS
    return long and (
        named or (values.column.index > 0 and bool(frame.of(Role.ID, Role.DATE)) and not frame.of(Role.COUNT))
    )


def _names(values: Values) -> bool:
    if len(values.texts) < 5 or values.distinct < 0.3:
        return False
    named = not _NAMES.isdisjoint(tokens(values.column.name))
    hits = sum(1 for text in values.texts if any(word in FIRST_NAMES for word in tokens(text)[:3]) and len(text) < 40)
    return hits / len(values.texts) > (0.2 if named else 0.6)


RULE = Rule(
    id="ID-08",
    version=1,
    statbarn="",
    severity=Severity.REVIEW,
    title=Words("Texte libre ou noms de personnes", "Free text or people's names"),
    explanation=Words(
        "Un texte libre peut nommer ou décrire une personne.", "Free text may name or describe a person."
    ),
    mend=Words("Supprimez la colonne, ou codez-la en catégories.", "Remove the column, or code it into categories."),
    sources=("WP29 05/2014",),
    scan=scan,
    parts=(Table, BigTable),
    sees="no named-entity model offline: names are found by a list of first names",
)

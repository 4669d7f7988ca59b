"""ID-07: potential identifiers of the SNDS: commune, exact dates of care or death, month of birth."""
# ruff: noqa: SIM905

import re
from collections.abc import Iterator

from tre.egress.checks.ident.columns import Values, flat_name, values_of
from tre.egress.checks.model import Hit, Severity
from tre.egress.checks.parts import BigTable, Part, Table
from tre.egress.checks.rule import Rule, Scene
from tre.egress.checks.tables.frame import Frame, Role, frame_of
from tre.egress.checks.tables.lexicon import tokens
from tre.egress.checks.words import Words

_COMMUNE = re.compile(r"^(?:\d{5}|2[AB]\d{3})$", re.I)
_DAY = re.compile(r"^(?:\d{4}[-/]\d{1,2}[-/]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{4}|(?:19|20)\d{6})(?:[T ].*)?$")
_COMMUNE_WORDS = frozenset("commune depcom insee codgeo iris com postcode postal".split())
_CARE = frozenset(
    (
        "soin soins care admission entree sortie discharge deces death dcd birth naissance dob ddn nai "
        "hospitalisation acte dispensation delivrance visit exe"
    ).split()
)
_BIRTH_MONTH = frozenset(
    "ben_nai_moi mois_naissance birth_month month_of_birth date_naissance dob ddn birth_date date_of_birth".split()
)


def scan(part: Part, scene: Scene) -> Iterator[Hit]:
    """One such column: review. Two side by side without counts: block."""
    table = part.sample if isinstance(part, BigTable) else part
    if not isinstance(table, Table):
        return
    frame = frame_of(table, scene.policy)
    found = [values.column.index for values in values_of(frame) if _potential(values)]
    if not found or frame.height < 5:
        return
    crossed = len(found) >= 2 and not frame.of(Role.COUNT)
    words = Words(
        f"{len(found)} colonne(s) d'identifiants potentiels.", f"{len(found)} column(s) of potential identifiers."
    )
    yield Hit(words, Severity.BLOCK if crossed else _mild(frame), frame.place([(0, index) for index in found]))


def _mild(frame: Frame) -> Severity:
    return Severity.REVIEW if frame.height >= 5 else Severity.INFO


def _potential(values: Values) -> bool:
    words, name = set(tokens(values.column.name)), flat_name(values.column.name)
    if name in _BIRTH_MONTH:
        return True
    if words & _COMMUNE_WORDS and values.rate(_COMMUNE) > 0.8:
        return True
    return bool(words & _CARE) and values.rate(_DAY) > 0.6 and len(set(values.texts)) >= 5


RULE = Rule(
    id="ID-07",
    version=1,
    statbarn="",
    severity=Severity.REVIEW,
    title=Words("Identifiants potentiels", "Potential identifiers"),
    explanation=Words(
        "Commune de résidence, date exacte de soin ou de décès, mois de naissance : croisés, ils retrouvent une personne.",
        "Commune of residence, exact date of care or death, month of birth: crossed, they find a person.",
    ),
    mend=Words(
        "Passez au département et au mois ou à l'année, ou à l'âge en tranches.",
        "Use the département, the month or year, or age bands.",
    ),
    sources=("indsante/Documentation-SNDS, IdPotentiels.md",),
    scan=scan,
    parts=(Table, BigTable),
)

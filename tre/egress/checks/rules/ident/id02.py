"""ID-02: NIR without key, and the site's own identifier patterns (policy ``local_identifiers``)."""

import re
from collections.abc import Iterator

from tre.egress.checks.buckets import percent
from tre.egress.checks.ident.columns import values_of
from tre.egress.checks.ident.keys import is_nir_without_key
from tre.egress.checks.model import Hit, Severity
from tre.egress.checks.parts import BigTable, Part, Table
from tre.egress.checks.rule import Rule, Scene
from tre.egress.checks.tables.frame import frame_of
from tre.egress.checks.words import Words

_RATE = 0.95
_ROWS = 5


def scan(part: Part, scene: Scene) -> Iterator[Hit]:
    """Columns in which nearly every value has the structure."""
    table = part.sample if isinstance(part, BigTable) else part
    if not isinstance(table, Table):
        return
    frame = frame_of(table, scene.policy)
    local = [(name, re.compile(pattern)) for name, pattern in scene.policy.local_identifiers]
    for values in values_of(frame):
        if len(values.texts) < _ROWS:
            continue
        rate = sum(map(is_nir_without_key, values.texts)) / len(values.texts)
        place = frame.place([(0, values.column.index)])
        if rate >= _RATE:
            yield Hit(_words("NIR (13)", rate), location=place)
        for name, pattern in local:
            if (rate := values.rate(pattern)) >= _RATE:
                yield Hit(_words(name, rate), location=place)


def _words(name: str, rate: float) -> Words:
    return Words(
        f"{percent(rate)} des valeurs ont la forme « {name} ».",
        f'{percent(rate)} of the values have the shape "{name}".',
    )


RULE = Rule(
    id="ID-02",
    version=1,
    statbarn="",
    severity=Severity.REVIEW,
    title=Words("Identifiant sans clé, ou identifiant local", "Identifier without a key, or local identifier"),
    explanation=Words(
        "La colonne a la forme d'un numéro de personne ou de dossier.",
        "The column has the shape of a person's or a record's number.",
    ),
    mend=Words("Supprimez la colonne.", "Remove the column."),
    sources=("INSEE, structure du NIR", "policy: local_identifiers"),
    scan=scan,
    parts=(Table, BigTable),
)

"""DIF-02: nested populations among the files of one request."""

from collections.abc import Iterator
from itertools import combinations

from tre.egress.checks.buckets import bucket
from tre.egress.checks.model import CellTable, Hit, Severity
from tre.egress.checks.rule import Batch, Rule
from tre.egress.checks.tables.differ import difference, tells_nothing
from tre.egress.checks.words import Words

_MAX_TABLES = 400


def scan(batch: Batch) -> Iterator[Hit]:
    """Two tables with the same cells, one everywhere at least the other, a difference under the threshold somewhere."""
    tables = [(file.name, table) for file in batch.files for table in file.tables][:_MAX_TABLES]
    for (_, one), (_, other) in combinations(tables, 2):
        small = _nested(one, other, batch.policy.threshold)
        if small:
            for table in (one, other):
                yield Hit(_words(small, batch.policy.threshold), location=table.location)


def _nested(one: CellTable, other: CellTable, threshold: int) -> int:
    if tells_nothing(one.rounded_to, other.rounded_to) or len(one.cells) < 3 or len(other.cells) < 3:
        return 0
    found = difference(dict(one.cells), dict(other.cells), threshold, same_shape=False)
    return found.small if found is not None and found.nested else 0


def _words(small: int, threshold: int) -> Words:
    return Words(
        f"{bucket(small)} cellule(s) d'un tableau emboîté dans un autre diffèrent de 1 à {threshold - 1}.",
        f"{bucket(small)} cell(s) of a table nested in another differ by 1..{threshold - 1}.",
    )


RULE = Rule(
    id="DIF-02",
    version=1,
    statbarn="LinkedMultilevelTables",
    severity=Severity.BLOCK,
    title=Words("Populations emboîtées", "Nested populations"),
    explanation=Words(
        "« Tous » moins « tous sauf un groupe » donne les effectifs du groupe.",
        '"Everyone" minus "everyone but a group" gives the group\'s counts.',
    ),
    mend=Words("Arrondissez les deux tableaux, ou n'en sortez qu'un.", "Round both tables, or export only one."),
    sources=("OpenSAFELY, statistical disclosure control", "own"),
    scan=scan,
    scope="batch",
)

"""DIF-03: totals that nearly agree between files: the gap is the size of a small group."""

from collections.abc import Iterator
from itertools import combinations

from tre.egress.checks.model import CellTable, Hit, Severity
from tre.egress.checks.rule import Batch, Rule
from tre.egress.checks.tables.differ import tells_nothing
from tre.egress.checks.words import Words

_MAX_TABLES = 300
_NEAR = 0.10


def scan(batch: Batch) -> Iterator[Hit]:
    """Grand totals of two files of the same shape, apart by 1..T-1 and by a tenth at most; equal totals are no finding."""
    tables = [(file.name, table) for file in batch.files for table in file.tables if table.totals][:_MAX_TABLES]
    for (one_name, one), (other_name, other) in combinations(tables, 2):
        if one_name != other_name and _near(one, other, batch.policy.threshold):
            for table in (one, other):
                yield Hit(
                    Words(
                        "Un total diffère de peu de celui d'un autre fichier.",
                        "A total differs by little from another file's.",
                    ),
                    location=table.location,
                )


def _near(one: CellTable, other: CellTable, threshold: int) -> bool:
    shared = {key for key, _ in one.cells} & {key for key, _ in other.cells}
    if tells_nothing(one.rounded_to, other.rounded_to) or not shared:
        return False
    gap = abs(max(one.totals) - max(other.totals))
    return 0 < gap < threshold and gap <= _NEAR * max(one.totals)


RULE = Rule(
    id="DIF-03",
    version=1,
    statbarn="LinkedMultilevelTables",
    severity=Severity.REVIEW,
    title=Words("Totaux presque égaux", "Nearly equal totals"),
    explanation=Words(
        "Le N d'un fichier moins le total d'un autre révèle les lignes masquées.",
        "One file's N minus another's total reveals suppressed rows.",
    ),
    mend=Words(
        "Utilisez la même population partout, ou arrondissez les totaux.",
        "Use the same population everywhere, or round the totals.",
    ),
    sources=("own: OLS N = 400 beside a table of 394",),
    scan=scan,
    scope="batch",
)

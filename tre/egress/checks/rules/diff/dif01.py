"""DIF-01: a cell that differs by fewer than the threshold from the same cell of an earlier release."""

from collections.abc import Iterator

from tre.egress.checks.buckets import bucket
from tre.egress.checks.model import CellTable, Hit, Severity
from tre.egress.checks.rule import Batch, Rule
from tre.egress.checks.tables.differ import difference, tells_nothing
from tre.egress.checks.words import Words


def scan(batch: Batch) -> Iterator[Hit]:
    """Each table of each file against each released table."""
    for file in batch.files:
        for table in file.tables:
            small = _against_ledger(table, batch)
            if small:
                top = batch.policy.threshold - 1
                yield Hit(
                    Words(
                        f"{bucket(small)} cellule(s) diffèrent de 1 à {top} d'une sortie précédente du projet.",
                        f"{bucket(small)} cell(s) differ by 1..{top} from an earlier release of the project.",
                    ),
                    location=table.location,
                )


def _against_ledger(table: CellTable, batch: Batch) -> int:
    signature, cells = batch.ledger.keyed(table)
    worst = 0
    for entry in batch.ledger.entries:
        if tells_nothing(table.rounded_to, entry.rounded_to):
            continue
        found = difference(cells, dict(entry.cells), batch.policy.threshold, same_shape=entry.signature == signature)
        worst = max(worst, found.small if found else 0)
    return worst


RULE = Rule(
    id="DIF-01",
    version=1,
    statbarn="Frequencies",
    severity=Severity.REVIEW,
    title=Words("Différence avec une sortie précédente", "Difference to an earlier release"),
    explanation=Words(
        "Soustraire deux tableaux sortis du projet donne l'effectif d'un petit groupe.",
        "Subtracting two tables that the project released gives the size of a small group.",
    ),
    mend=Words(
        "Arrondissez les effectifs à 5 ou plus, ou gardez la même population que la première fois.",
        "Round counts to 5 or more, or keep the same population as before.",
    ),
    sources=("ABS DataLab: differences of less than ten should not be calculable", "OpenSAFELY"),
    scan=scan,
    scope="batch",
)

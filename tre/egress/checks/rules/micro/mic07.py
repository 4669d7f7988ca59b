"""MIC-07: more rows than the policy allows in one table (the row part of the catalogue's MIC-04)."""

from collections.abc import Iterator

from tre.egress.checks.model import Hit, Severity
from tre.egress.checks.parts import BigTable, Part, Table
from tre.egress.checks.rule import Rule, Scene
from tre.egress.checks.words import Words


def scan(part: Part, scene: Scene) -> Iterator[Hit]:
    """Rows of one table."""
    top = scene.policy.sizes.max_rows
    if isinstance(part, BigTable):
        from tre.egress.checks.tables.big import row_count  # noqa: PLC0415

        rows = part.total_rows or row_count(part)
    elif isinstance(part, Table):
        rows = max(part.total_rows, len(part.rows))
    else:
        return
    if rows > top and not (isinstance(part, Table) and rows >= 10**9):
        yield Hit(Words(f"Plus de {top} lignes.", f"More than {top} rows."))


RULE = Rule(
    id="MIC-07",
    version=1,
    statbarn="",
    severity=Severity.REVIEW,
    title=Words("Tableau trop long", "Table too long"),
    explanation=Words(
        "Au-delà de ce nombre de lignes, personne ne relit vraiment.",
        "Beyond this number of rows nobody truly reviews.",
    ),
    mend=Words("Sortez ce que l'article utilise.", "Export what the paper uses."),
    sources=("OpenSAFELY, permitted outputs: 5,000 rows",),
    scan=scan,
    parts=(Table, BigTable),
)

"""MIC-04: too much of it: rows, bytes, files."""

from collections.abc import Iterator

from tre.egress.checks.model import Hit, Location, Severity
from tre.egress.checks.rule import Batch, Rule
from tre.egress.checks.words import Words


def scan(batch: Batch) -> Iterator[Hit]:
    """Size of each file and number of files; rows are MIC-04 through the parts count of `tables.big` and readers."""
    sizes = batch.policy.sizes
    for file in batch.files:
        if file.size > sizes.max_bytes:
            yield Hit(
                Words(
                    f"Fichier de plus de {sizes.max_bytes // 1_000_000} Mo.",
                    f"File over {sizes.max_bytes // 1_000_000} MB.",
                ),
                location=Location(file=file.name),
            )
    if len(batch.files) > sizes.max_files:
        words = Words(
            f"Plus de {sizes.max_files} fichiers dans la demande.", f"More than {sizes.max_files} files in the request."
        )
        yield Hit(words, location=Location(file=batch.files[0].name))


RULE = Rule(
    id="MIC-04",
    version=1,
    statbarn="",
    severity=Severity.REVIEW,
    title=Words("Volume inhabituel", "Unusual volume"),
    explanation=Words(
        "Au-delà de ces tailles, personne ne relit vraiment.", "Beyond these sizes nobody truly reviews."
    ),
    mend=Words(
        "Sortez ce que l'article utilise ; découpez la demande.", "Export what the paper uses; split the request."
    ),
    sources=("OpenSAFELY, permitted outputs: 5,000 rows, 16 MB",),
    scan=scan,
    scope="batch",
)

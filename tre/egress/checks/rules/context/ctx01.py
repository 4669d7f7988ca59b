"""CTX-01: the context form is missing or incomplete."""

from collections.abc import Iterator

from tre.egress.checks.model import Hit, Location, Severity
from tre.egress.checks.rule import Batch, Rule
from tre.egress.checks.words import Words


def scan(batch: Batch) -> Iterator[Hit]:
    """Only when a form was given at all: a first local check needs none, a request always has one."""
    if not batch.context.given:
        return
    for file in batch.files:
        form = batch.context.for_file(file.name)
        if form is None:
            yield Hit(
                Words("Aucune description pour ce fichier.", "No description for this file."),
                location=Location(file=file.name),
            )
        elif form.missing:
            names = ", ".join(form.missing)
            yield Hit(Words(f"À compléter : {names}.", f"To be completed: {names}."), location=Location(file=file.name))


RULE = Rule(
    id="CTX-01",
    version=1,
    statbarn="",
    severity=Severity.REVIEW,
    title=Words("Contexte manquant", "Context missing"),
    explanation=Words(
        "Sans population, effectif, variables et mesures prises, un relecteur ne peut pas juger.",
        "Without population, N, variables and controls applied, a reviewer cannot judge.",
    ),
    mend=Words(
        "Remplissez la fiche : what, population, n, variables, controls, relation.",
        "Fill in the form: what, population, n, variables, controls, relation.",
    ),
    sources=("OpenSAFELY: missing context is about 25 % of rejects",),
    scan=scan,
    scope="batch",
)

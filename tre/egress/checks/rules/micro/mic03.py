"""MIC-03: individual files called anonymised or synthetic."""

from collections.abc import Iterator

from tre.egress.checks.model import Hit, Severity
from tre.egress.checks.parts import BigTable, Part, Table
from tre.egress.checks.rule import Rule, Scene
from tre.egress.checks.tables.frame import frame_of
from tre.egress.checks.tables.lexicon import tokens
from tre.egress.checks.tables.rowlevel import row_level
from tre.egress.checks.words import Words

_WORDS = ("synth", "anonym", "dummy", "fictif", "simul")


def scan(part: Part, scene: Scene) -> Iterator[Hit]:
    """The name says so and the rows look like people."""
    table = part.sample if isinstance(part, BigTable) else part
    if not isinstance(table, Table) or not any(token.startswith(_WORDS) for token in tokens(scene.file_name)):
        return
    if row_level(frame_of(table, scene.policy), scene.policy).level:
        yield Hit(
            Words(
                "Données individuelles dites anonymes ou synthétiques.",
                "Individual data said to be anonymous or synthetic.",
            )
        )


RULE = Rule(
    id="MIC-03",
    version=1,
    statbarn="",
    severity=Severity.REVIEW,
    title=Words("Fichier individuel « anonymisé »", '"Anonymised" individual file'),
    explanation=Words(
        "L'anonymat d'un fichier individuel se démontre, il ne s'affirme pas.",
        "The anonymity of an individual file is shown, not asserted.",
    ),
    mend=Words(
        "Joignez le rapport d'évaluation (individualisation, corrélation, inférence).",
        "Attach the assessment (singling out, linkability, inference).",
    ),
    sources=("HDH forum #918", "WP29 05/2014"),
    scan=scan,
    parts=(Table, BigTable),
)

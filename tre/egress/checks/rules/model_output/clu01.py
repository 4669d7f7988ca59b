"""CLU-01: medoids, exemplars and prototypes of clusters: they are people."""

from collections.abc import Iterator

from tre.egress.checks.model import Hit, Severity
from tre.egress.checks.parts import Table
from tre.egress.checks.rule import Rule, Scene
from tre.egress.checks.tables.frame import Role, frame_of
from tre.egress.checks.tables.lexicon import tokens
from tre.egress.checks.words import Words

_PEOPLE = ("medoid", "exemplar", "exemplaire", "parangon", "prototype")


def scan(part: Table, scene: Scene) -> Iterator[Hit]:
    """Named in a header, a label or the caption. Sizes of clusters are counts (FRQ-01); means of clusters are means (MAG-01)."""
    frame = frame_of(part, scene.policy)
    texts = [frame.caption, *(column.name for column in frame.columns)]
    texts += [text for column in frame.of(Role.LABEL) for text in column.texts[:500]]
    if any(token.startswith(_PEOPLE) for text in texts for token in tokens(text)):
        yield Hit(Words("Médoïdes ou exemplaires de classes.", "Medoids or exemplars of clusters."))


RULE = Rule(
    id="CLU-01",
    version=1,
    statbarn="Clusters",
    severity=Severity.BLOCK,
    title=Words("Représentants de classes", "Cluster representatives"),
    explanation=Words(
        "Un médoïde est une personne réelle, avec toutes ses valeurs.",
        "A medoid is a real person, with all their values.",
    ),
    mend=Words(
        "Donnez les moyennes des classes et leurs effectifs.", "Give the means of the clusters and their counts."
    ),
    sources=("ACRO, statbarn Clusters",),
    scan=scan,
    parts=(Table,),
)

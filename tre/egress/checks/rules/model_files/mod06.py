"""MOD-06: arrays in neutral formats that have the shape of a data set."""

from collections.abc import Iterator
from dataclasses import replace

from tre.egress.checks.model import Hit, Severity
from tre.egress.checks.parts import Array, Model
from tre.egress.checks.rule import Rule, Scene
from tre.egress.checks.words import Words

_ROWS = 50
_FORMATS = ("numpy", "safetensors", "onnx", "gguf", "hdf5")


def scan(part: Model, _scene: Scene) -> Iterator[Hit]:
    """Two dimensions, fifty rows or more, many more rows than columns. A bare numpy matrix of that shape is rows of data: block."""
    for array in part.arrays:
        if part.library in _FORMATS and _data_shaped(array):
            severity = Severity.BLOCK if part.library == "numpy" and array.shape[1] >= 2 else Severity.REVIEW
            words = Words("Une matrice a la forme d'un jeu de données.", "A matrix has the shape of a data set.")
            yield Hit(words, severity, replace(part.origin, pointer=array.path[:200]))
            return
    if part.library == "numpy" and any(max(array.shape, default=0) >= _ROWS for array in part.arrays):
        yield Hit(Words("Un long vecteur : une valeur par personne ?", "A long vector: one value per person?"))


def _data_shaped(array: Array) -> bool:
    return len(array.shape) == 2 and array.shape[0] >= _ROWS and array.shape[0] >= 2 * array.shape[1]


RULE = Rule(
    id="MOD-06",
    version=1,
    statbarn="",
    severity=Severity.REVIEW,
    title=Words("Matrice de données", "Data matrix"),
    explanation=Words(
        "Une matrice longue et étroite est souvent le jeu de données lui-même.",
        "A long narrow matrix is often the data set itself.",
    ),
    mend=Words("Exportez un résumé.", "Export a summary."),
    sources=("own",),
    scan=scan,
    parts=(Model,),
)

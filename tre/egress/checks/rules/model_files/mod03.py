"""MOD-03: models large enough to remember people: deep networks, embeddings, adapters."""

import math
from collections.abc import Iterator

from tre.egress.checks.model import Hit, Severity
from tre.egress.checks.parts import Model
from tre.egress.checks.rule import Rule, Scene
from tre.egress.checks.words import Words

_DEEP = ("torch", "tensorflow", "keras", "safetensors", "onnx", "gguf")
_PARAMETERS = 10_000


def scan(part: Model, _scene: Scene) -> Iterator[Hit]:
    """A deep-learning format, or more parameters than a table of coefficients ever has."""
    parameters = sum(math.prod(array.shape) for array in part.arrays)
    if part.library in _DEEP or parameters > _PARAMETERS:
        yield Hit(Words("Modèle à très nombreux paramètres.", "Model with very many parameters."))


RULE = Rule(
    id="MOD-03",
    version=1,
    statbarn="",
    severity=Severity.REVIEW,
    title=Words("Risque d'appartenance", "Membership risk"),
    explanation=Words(
        "Un grand modèle peut reconnaître les personnes de son apprentissage.",
        "A large model may recognise the people it was trained on.",
    ),
    mend=Words(
        "Joignez un rapport d'attaque (appartenance, attributs) fait dans l'espace de travail.",
        "Attach an attack report (membership, attributes) made inside the workspace.",
    ),
    sources=("SACRO-ML",),
    scan=scan,
    parts=(Model,),
)

"""MOD-05: saved objects that would run code when loaded: globals outside an allow-list."""

from collections.abc import Iterator

from tre.egress.checks.buckets import bucket
from tre.egress.checks.model import Hit, Severity
from tre.egress.checks.parts import Model
from tre.egress.checks.rule import Rule, Scene
from tre.egress.checks.words import Words

# Modules whose classes only hold data. An allow-list: what is not here blocks (deny-lists are bypassed).
_ALLOWED = (
    "sklearn.",
    "numpy.",
    "scipy.",
    "pandas.",
    "statsmodels.",
    "lifelines.",
    "patsy.",
    "xgboost.",
    "lightgbm.",
    "catboost.",
    "joblib.numpy_pickle",
    "collections.",
    "datetime.",
    "decimal.",
    "fractions.",
    "formulaic.",
    "autograd_gamma.",
    "torch.",
    "torch._utils",
    "polars.",
    "pathlib.",
    "uuid.",
    "zoneinfo.",
    "_codecs.encode",
    "copyreg._reconstructor",
    "copy_reg._reconstructor",
)
_BUILTINS = frozenset(
    [
        "object",
        "list",
        "dict",
        "set",
        "frozenset",
        "tuple",
        "int",
        "float",
        "complex",
        "bytes",
        "bytearray",
        "bool",
        "str",
        "slice",
        "range",
        "Ellipsis",
        "NotImplemented",
        "type",
    ]
)
_REFUSED = (
    "numpy.testing",
    "numpy.f2py",
    "numpy.distutils",
    "pandas.io",
    "pandas.eval",
    "pandas.core.computation",
    "torch.hub",
    "torch.load",
    "sklearn.utils._testing",
    "scipy.io",
    "numpy.load",
    "numpy.core._exec",
    "statsmodels.iolib",
)


def scan(part: Model, _scene: Scene) -> Iterator[Hit]:
    """Names of what would be imported are names of code, not data."""
    outside = sorted(name for name in part.globals if not _harmless(name))
    if outside:
        words = Words(
            f"{bucket(len(outside))} objet(s) hors de la liste permise seraient importés au chargement.",
            f"{bucket(len(outside))} object(s) outside the allow-list would be imported on loading.",
        )
        yield Hit(words)


def _harmless(name: str) -> bool:
    module, _, attribute = name.rpartition(".")
    if module in ("builtins", "__builtin__"):
        return attribute in _BUILTINS
    if "__" in attribute or any(name.startswith(refused) for refused in _REFUSED):
        return False
    return any(name.startswith(allowed) or name == allowed for allowed in _ALLOWED)


RULE = Rule(
    id="MOD-05",
    version=1,
    statbarn="",
    severity=Severity.BLOCK,
    title=Words("Objet qui exécute du code au chargement", "Object that runs code on loading"),
    explanation=Words(
        "Un pickle peut lancer n'importe quel programme chez qui l'ouvre.",
        "A pickle can start any program on the machine that opens it.",
    ),
    mend=Words("Exportez un tableau, du JSON ou des safetensors.", "Export a table, JSON or safetensors."),
    sources=("picklescan, modelscan and fickling: deny-lists were bypassed",),
    scan=scan,
    parts=(Model,),
)

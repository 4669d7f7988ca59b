"""BIN-01: what cannot be read for certain: encrypted, mislabelled, polyglot, unknown, broken, empty, not a regular file."""
# ruff: noqa: SIM905

from collections.abc import Iterator, Mapping

from tre.egress.checks.model import Hit, Severity
from tre.egress.checks.parts import Trait
from tre.egress.checks.rule import Rule, Scene
from tre.egress.checks.words import Words

_TEXTUAL = frozenset("csv text markdown latex html ipynb json jsonl yaml svg xml log code".split())
_IMAGES = frozenset("png jpeg gif tiff webp bmp".split())
_OLD_OFFICE = frozenset(["ole", "xls"])
_ALIKE = (
    _TEXTUAL,
    _OLD_OFFICE,
    frozenset("zip xlsx docx pptx ods odt npz torch".split()),
    frozenset({"rds", "rdata"}),
    frozenset({"pickle", "torch", "npy"}),
    frozenset({"gzip", "rds", "rdata", "pickle"}),
    frozenset({"gph", "dta", "unknown"}),
)

_SAYS: Mapping[str, tuple[Severity, Words]] = {
    "encrypted": (
        Severity.BLOCK,
        Words("Le fichier est chiffré ou protégé par mot de passe.", "The file is encrypted or needs a password."),
    ),
    "archive-encrypted": (
        Severity.BLOCK,
        Words("Un membre de l'archive est chiffré.", "A member of the archive is encrypted."),
    ),
    "polyglot": (
        Severity.BLOCK,
        Words("Le fichier est valide sous deux types à la fois.", "The file is valid as two types at once."),
    ),
    "not-regular": (
        Severity.BLOCK,
        Words(
            "Ce n'est pas un fichier ordinaire (lien, tube ou périphérique).",
            "Not an ordinary file (link, pipe or device).",
        ),
    ),
    "unreadable": (Severity.REVIEW, Words("Le fichier n'a pas pu être ouvert.", "The file could not be opened.")),
    "unknown-type": (
        Severity.REVIEW,
        Words("Aucune règle ne lit le type « {kind} ».", 'No rule reads the type "{kind}".'),
    ),
    "empty": (Severity.REVIEW, Words("Rien n'a pu être lu dans ce fichier.", "Nothing could be read in this file.")),
    "parse-error": (
        Severity.REVIEW,
        Words("Une partie du fichier n'a pas pu être lue.", "Part of the file could not be read."),
    ),
    "cap": (
        Severity.REVIEW,
        Words("Une limite de lecture a été atteinte ({what}).", "A reading limit was reached ({what})."),
    ),
}


def scan(part: Trait, _scene: Scene) -> Iterator[Hit]:
    """One hit per such trait."""
    if part.name == "type-mismatch":
        yield from _mismatch(part)
    elif part.name in _SAYS:
        severity, words = _SAYS[part.name]
        kind, what = str(part.detail.get("kind", "?")), str(part.detail.get("what", "?"))
        yield Hit(words.format(kind=kind, what=what), severity)


def _mismatch(part: Trait) -> Iterator[Hit]:
    claimed, found = str(part.detail.get("claimed", "")), str(part.detail.get("found", ""))
    if {claimed, found} <= _TEXTUAL and not {claimed, found} & {"svg", "html"}:
        return  # one text named as another: the content decided which reader ran
    if found == "empty" or any({claimed, found} <= alike for alike in _ALIKE if alike is not _TEXTUAL):
        return
    mild = {claimed, found} <= _IMAGES or {claimed, found} <= _TEXTUAL
    words = Words(
        f"L'extension annonce « {claimed} », le contenu est « {found} ».",
        f'The extension says "{claimed}", the content is "{found}".',
    )
    yield Hit(words, Severity.REVIEW if mild or found == "unknown" else Severity.BLOCK)


RULE = Rule(
    id="BIN-01",
    version=1,
    statbarn="",
    severity=Severity.BLOCK,
    title=Words("Contenu impossible à contrôler", "Content that cannot be checked"),
    explanation=Words(
        "Un fichier chiffré, mal nommé, de type inconnu ou abîmé peut contenir n'importe quoi.",
        "An encrypted, mislabelled, unknown or damaged file may hold anything.",
    ),
    mend=Words(
        "Exportez dans un format courant et ouvert (csv, txt, png, pdf), sans mot de passe, avec la bonne extension.",
        "Export to a common open format (csv, txt, png, pdf), without a password, with the right extension.",
    ),
    sources=("MR-005 SEC-EXP-3", "design §7: fail closed"),
    scan=scan,
    parts=(Trait,),
)

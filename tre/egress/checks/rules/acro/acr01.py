"""ACR-01: acro's own files: records are hints, never proof; some must not leave."""

import re
from collections.abc import Iterator

from tre.egress.checks.buckets import bucket
from tre.egress.checks.model import Hit, Severity
from tre.egress.checks.parts import Trait
from tre.egress.checks.rule import Rule, Scene
from tre.egress.checks.words import Words

_NEVER = re.compile(
    r"(?:^|/)(?:session_summary\.(?:json|csv)|evidence\.json|[^/]*_count_table\.csv|[^/]*DONT[_-]?RELEASE[^/]*)$", re.I
)


def scan(scene: Scene) -> Iterator[Hit]:
    """Files that acro itself says not to release; records of unknown versions or with failed, unmended outputs."""
    if _NEVER.search(scene.file_name):
        yield Hit(
            Words("Fichier de travail d'acro, à ne pas sortir.", "A working file of acro, not to be released."),
            Severity.BLOCK,
        )
    for part in scene.parts:
        if not isinstance(part, Trait) or part.name != "acro":
            continue
        if not part.detail.get("known"):
            yield Hit(Words("Version d'acro inconnue.", "Unknown version of acro."), location=part.origin)
        unmended = int(part.detail.get("unmended", 0))
        if unmended:
            words = Words(
                f"acro signale {bucket(unmended)} résultat(s) en échec, non corrigés.",
                f"acro reports {bucket(unmended)} failed, unmended output(s).",
            )
            yield Hit(words, Severity.REVIEW, part.origin)
        else:
            yield Hit(
                Words("Relevé d'acro : indicatif, non signé.", "Record of acro: a hint, not signed."),
                Severity.INFO,
                part.origin,
            )


RULE = Rule(
    id="ACR-01",
    version=1,
    statbarn="",
    severity=Severity.REVIEW,
    title=Words("Relevé d'acro", "Record of acro"),
    explanation=Words(
        "Le relevé n'est pas signé : chaque fichier est contrôlé de nouveau, et un « pass » d'acro n'abaisse rien.",
        "The record is not signed: each file is checked again, and a pass by acro lowers nothing.",
    ),
    mend=Words(
        "Corrigez les résultats en échec et ne joignez pas les fichiers de travail.",
        "Mend the failed outputs and do not attach the working files.",
    ),
    sources=("acro 0.4.12 and 1.0.2, read and run",),
    scan=scan,
    scope="file",
)

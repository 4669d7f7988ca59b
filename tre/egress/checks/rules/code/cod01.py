"""COD-01: data inside programs: literals of data, blobs, long lists of numbers, secrets."""

import re
from collections.abc import Iterator
from dataclasses import replace

from tre.egress.checks.buckets import bucket
from tre.egress.checks.model import Hit, Severity
from tre.egress.checks.parts import Code
from tre.egress.checks.rule import Rule, Scene
from tre.egress.checks.words import Words

_BLOB = re.compile(r"[A-Za-z0-9+/]{1000,}={0,2}|(?:[0-9a-fA-F]{2}){600,}|(?:\\x[0-9a-fA-F]{2}){300,}")
_NUMBERS = re.compile(r"(?:[-+]?\d+(?:\.\d+)?\s*,\s*){60,}")
_FRAME = re.compile(
    r"(?:DataFrame\(\s*[\[{]|data\.frame\(|tribble\(|read_csv\(StringIO|datalines|^\s*cards;|^\s*input\b[^\n]*\n(?:\s*[-\d.]+(?:\s+[-\d.]+)+\n){5,})",
    re.M,
)
_SECRET = re.compile(
    r"(?:-----BEGIN [A-Z ]*PRIVATE KEY-----|\bAKIA[0-9A-Z]{16}\b|\bgh[pousr]_[A-Za-z0-9]{36}\b|\b(?:hvs|s)\.[A-Za-z0-9]{24,}\b|"
    r"(?:password|passwd|secret|token|api_?key|pwd)\s*[=:]\s*['\"][^'\"\s]{8,}['\"])",
    re.I,
)
_NOT_SECRET = re.compile(r"(?:example|changeme|xxx|\*\*\*|your|getenv|environ|<)", re.I)


def scan(part: Code, _scene: Scene) -> Iterator[Hit]:
    """Each kind once, at its first line."""
    for pattern, severity, words in (
        (_BLOB, Severity.REVIEW, Words("un bloc encodé de plus de 1 ko", "an encoded block over 1 kB")),
        (_NUMBERS, Severity.REVIEW, Words("une longue liste de nombres", "a long list of numbers")),
        (
            _FRAME,
            Severity.REVIEW,
            Words("un tableau de données écrit dans le code", "a data table written in the code"),
        ),
        (_SECRET, Severity.BLOCK, Words("un mot de passe, une clé ou un jeton", "a password, key or token")),
    ):
        found = [
            match for match in pattern.finditer(part.text) if pattern is not _SECRET or not _NOT_SECRET.search(match[0])
        ]
        found = [match for match in found if pattern is not _FRAME or _inline(part.text, match)]
        if found:
            line = part.text.count("\n", 0, found[0].start()) + 1
            text = Words(f"{bucket(len(found))} fois {words.fr}.", f"{bucket(len(found))} time(s) {words.en}.")
            yield Hit(text, severity, replace(part.origin, line=line))


def _inline(text: str, match: re.Match[str]) -> bool:
    """At least twenty numbers follow within the same literal."""
    return (
        len(re.findall(r"\b\d+(?:\.\d+)?\b", text[match.start() : match.start() + 3000].split("\n\n", maxsplit=1)[0]))
        >= 20
    )


RULE = Rule(
    id="COD-01",
    version=1,
    statbarn="",
    severity=Severity.REVIEW,
    title=Words("Données dans le code", "Data in code"),
    explanation=Words(
        "Un programme peut transporter des données ou un secret.", "A program may carry data or a secret."
    ),
    mend=Words(
        "Lisez les données depuis un fichier ; ôtez tout secret et changez-le.",
        "Read data from a file; remove any secret and rotate it.",
    ),
    sources=("CASD §3.1",),
    scan=scan,
    parts=(Code,),
)

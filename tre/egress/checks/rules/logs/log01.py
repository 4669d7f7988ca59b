"""LOG-01: logs of a program's session: listings, paths, user names, error rows."""

import re
from collections.abc import Iterator
from dataclasses import replace

from tre.egress.checks.model import Hit, Severity
from tre.egress.checks.parts import Log
from tre.egress.checks.rule import Rule, Scene
from tre.egress.checks.words import Words

_LISTING = re.compile(
    r"^\s*(?:\. list\b|\. browse\b|> (?:head|tail|print|View|str|glimpse)\(|>>> .*\.(?:head|tail|sample)\(|proc print)",
    re.M | re.I,
)
_PATH = re.compile(r"(?:[A-Za-z]:\\(?:Users|Documents)[^\s\"']*|/(?:home|Users|workspace|data)/[^\s\"']+)")
_ERROR = re.compile(r"^(?:Traceback \(most recent|Error in |ERROR[: ]|r\(\d+\);)", re.M)


def scan(part: Log, _scene: Scene) -> Iterator[Hit]:
    """Always review; what a reviewer should look at comes as further hits."""
    yield Hit(Words("Journal d'exécution : à relire en entier.", "Execution log: to be read in full."))
    for pattern, words in (
        (_LISTING, Words("Une commande y affiche des lignes de données.", "A command in it prints rows of data.")),
        (_PATH, Words("Des chemins ou noms d'utilisateur y figurent.", "Paths or user names appear in it.")),
        (
            _ERROR,
            Words(
                "Une erreur y est consignée, parfois avec des valeurs.",
                "An error is recorded in it, at times with values.",
            ),
        ),
    ):
        if match := pattern.search(part.text):
            line = part.text.count("\n", 0, match.start()) + 1
            yield Hit(words, location=replace(part.origin, line=line))


RULE = Rule(
    id="LOG-01",
    version=1,
    statbarn="Frequencies",
    severity=Severity.REVIEW,
    title=Words("Journal d'exécution", "Execution log"),
    explanation=Words(
        "Un journal montre tout ce que le programme a affiché, y compris ce que personne n'a voulu sortir.",
        "A log shows all that the program printed, including what nobody meant to export.",
    ),
    mend=Words(
        "Sortez les tableaux de résultats plutôt que le journal.", "Export the result tables rather than the log."
    ),
    sources=("OpenSAFELY, error logs",),
    scan=scan,
    parts=(Log,),
)

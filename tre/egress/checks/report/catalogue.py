"""The rule catalogue as a page, from the rules themselves: `python -m tre.egress.checks.report.catalogue fr > docs/disclosure/regles.md`."""

import sys

from tre.egress.checks.rule import Rule, all_rules
from tre.egress.checks.words import Language, Words

_TITLE = Words("Catalogue des règles", "Rule catalogue")
_INTRO = Words("Page produite à partir des règles elles-mêmes.", "This page is generated from the rules themselves.")
_WHY = Words("Pourquoi", "Why")
_MEND = Words("Comment corriger", "How to mend")
_SOURCE = Words("Sources", "Sources")
_DEFAULT = Words("Par défaut", "Default")


def page(language: Language) -> str:
    """The catalogue in ``language``."""
    lines = [f"# {_TITLE.in_(language)}", "", _INTRO.in_(language), ""]
    for rule in all_rules():
        lines += _entry(rule, language)
    return "\n".join(lines)


def _entry(rule: Rule, language: Language) -> list[str]:
    barn = f" · {rule.statbarn}" if rule.statbarn else ""
    return [
        f"## {rule.id} · {rule.title.in_(language)}",
        "",
        f"{_DEFAULT.in_(language)}: {rule.severity.label}{barn} · v{rule.version}",
        "",
        f"- {_WHY.in_(language)}: {rule.explanation.in_(language)}",
        f"- {_MEND.in_(language)}: {rule.mend.in_(language)}",
        f"- {_SOURCE.in_(language)}: {'; '.join(rule.sources)}",
        *([f"- {rule.sees}"] if rule.sees else []),
        "",
    ]


if __name__ == "__main__":
    sys.stdout.write(page("fr" if sys.argv[1:] == ["fr"] else "en"))

"""The report for a terminal: one block a file, worst first; colour only where the terminal has it."""

import os
import sys

from tre.egress.checks.model import FileReport, Finding, Location, Report
from tre.egress.checks.rule import rule_by_id
from tre.egress.checks.words import Language, Words

VERDICTS = {
    "pass": Words("PASSE", "PASS"),
    "review": Words("À REVOIR", "REVIEW"),
    "block": Words("BLOQUÉ", "BLOCK"),
    "info": Words("note", "note"),
}
_COLOURS = {"pass": "32", "review": "33", "block": "31", "info": "36"}
_NEVER = Words(
    "« Passe » n'autorise aucune sortie : une personne décide toujours.",
    '"Pass" releases nothing: a person always decides.',
)


def render(report: Report, language: Language) -> bytes:
    """The whole report."""
    lines = [f"{report.policy_id} {report.policy_version} · {report.policy_hash[:12]}", ""]
    for file in sorted(report.files, key=lambda item: (-int(item.verdict), item.name)):
        lines += _file(file, language)
    counts = {name: sum(file.verdict.label == name for file in report.files) for name in ("block", "review", "pass")}
    lines.append(" · ".join(f"{_paint(VERDICTS[name].in_(language), name)} {count}" for name, count in counts.items()))
    if report.verdict.label == "pass":
        lines.append(_NEVER.in_(language))
    return ("\n".join(lines) + "\n").encode("utf-8", "replace")


def _file(file: FileReport, language: Language) -> list[str]:
    lines = [f"{_paint(VERDICTS[file.verdict.label].in_(language), file.verdict.label)}  {file.name}"]
    shown: set[str] = set()
    for finding in file.findings:
        lines += _finding(finding, language, mend=finding.rule not in shown)
        shown.add(finding.rule)
    return [*lines, ""]


def _finding(finding: Finding, language: Language, mend: bool) -> list[str]:
    rule = rule_by_id(finding.rule)
    title = rule.title.in_(language) if rule else ""
    place = place_of(finding.location, language)
    lines = [
        f"  {_paint(finding.rule, finding.severity.label)} {title}{' · ' + place if place else ''}",
        f"      {finding.evidence.in_(language)}",
    ]
    if rule and mend:
        lines.append(f"      → {rule.mend.in_(language)}")
    return lines


def place_of(place: Location, language: Language) -> str:
    """The place in words, without the file's name."""
    line, page, sheet = ("ligne", "page", "feuille") if language == "fr" else ("line", "page", "sheet")
    parts = [
        place.member,
        f"{sheet} {place.sheet}" if place.sheet else "",
        place.cells,
        f"{page} {place.page}" if place.page else "",
        f"{line} {place.line}" if place.line else "",
        place.pointer,
    ]
    return " · ".join(part for part in parts if part)


def _paint(text: str, kind: str) -> str:
    if not sys.stdout.isatty() or os.environ.get("NO_COLOR"):
        return text
    return f"\x1b[1;{_COLOURS[kind]}m{text}\x1b[0m"

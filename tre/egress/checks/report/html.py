"""The report as one page without script, style sheet or image from elsewhere; every text of the file's own is escaped."""

from html import escape

from tre.egress.checks.model import FileReport, Finding, Report
from tre.egress.checks.report.text import VERDICTS, place_of
from tre.egress.checks.rule import rule_by_id
from tre.egress.checks.words import Language, Words

_TITLE = Words("Contrôle des sorties", "Output check")
_PLACE = Words("Où", "Where")
_FOUND = Words("Constat", "Finding")
_MEND = Words("Comment corriger", "How to mend")
_RULE = Words("Règle", "Rule")
_NONE = Words("Aucun constat.", "No finding.")
_STYLE = """
body{font:16px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem;color:#1b1b1b;background:#fff}
table{border-collapse:collapse;width:100%;margin:.5rem 0 2rem}th,td{border:1px solid #767676;padding:.4rem .6rem;text-align:left;vertical-align:top}
th{background:#f0f0f0}.block{color:#8f0000}.review{color:#6b4a00}.pass{color:#0b5a1e}.info{color:#26457a}code{font:inherit;font-family:monospace}
"""


def render(report: Report, language: Language) -> bytes:
    """The page."""
    title = _TITLE.in_(language)
    files = sorted(report.files, key=lambda item: (-int(item.verdict), item.name))
    body = "".join(_file(file, language) for file in files)
    verdict = report.verdict.label
    head = (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"<title>{title}</title><style>{_STYLE}</style></head><body><main>"
        f'<h1>{title} : <span class="{verdict}">{VERDICTS[verdict].in_(language)}</span></h1>'
        f"<p>{escape(report.policy_id)} {escape(report.policy_version)} · <code>{report.policy_hash[:12]}</code></p>"
    )
    return f"{head}{body}</main></body></html>\n".encode("utf-8", "xmlcharrefreplace")


def _file(file: FileReport, language: Language) -> str:
    label = file.verdict.label
    head = f'<h2><span class="{label}">{VERDICTS[label].in_(language)}</span> {_safe(file.name)}</h2>'
    if not file.findings:
        return f"{head}<p>{_NONE.in_(language)}</p>"
    columns = "".join(f'<th scope="col">{words.in_(language)}</th>' for words in (_RULE, _PLACE, _FOUND, _MEND))
    rows = "".join(_row(finding, language) for finding in file.findings)
    return f"{head}<table><thead><tr>{columns}</tr></thead><tbody>{rows}</tbody></table>"


def _row(finding: Finding, language: Language) -> str:
    rule = rule_by_id(finding.rule)
    title = f"<br>{_safe(rule.title.in_(language))}" if rule else ""
    mend = rule.mend.in_(language) if rule else ""
    label = finding.severity.label
    return (
        f'<tr><td><strong class="{label}">{finding.rule}</strong> {VERDICTS[label].in_(language)}{title}</td>'
        f"<td>{_safe(place_of(finding.location, language))}</td><td>{_safe(finding.evidence.in_(language))}</td><td>{_safe(mend)}</td></tr>"
    )


def _safe(text: str) -> str:
    return escape("".join(char if char.isprintable() else "\ufffd" for char in text))

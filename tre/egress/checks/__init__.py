"""The disclosure engine: reads finished files of any tool and says, cell by cell, what discloses and how to mend it.

    from tre.egress.checks import Context, Input, Ledger, Policy, check, ledger_entries

    policy = Policy.load("snds-default")                    # a shipped id, or a path; Policy.parse(mapping | yaml text)
    context = Context.load("context.yaml")                  # or Context.parse(mapping); Context() when there is none
    ledger = Ledger.load("ledger.jsonl")                    # or Ledger.parse(text); Ledger() when nothing was released
    report = check([Input("tables/t1.csv", path)], policy, context, ledger)

- ``check(inputs, policy, context=None, ledger=None, *, sandbox=True, progress=None) -> Report``. ``inputs`` are
  `Input(name, path)`: ``name`` is what findings call the file. Each file is read in a worker process without network,
  with memory and time limits; ``sandbox=False`` is for tests and for callers that already are such a process.
  Never raises for a hostile file: a crash, a timeout or an unreadable file is a finding (review at least). Raises
  `tre.core.errors.Invalid` (``policy-invalid``, ``context-invalid``, ``ledger-invalid``) for its own arguments and
  `tre.core.errors.Unavailable` (``sandbox-unavailable``) when the sandbox cannot be made.
- `Report`: ``verdict`` (`Verdict.PASS|REVIEW|BLOCK`, ``.label``), ``files`` (`FileReport`: name, sha256, size, kind,
  verdict, findings), ``findings``, ``policy_id/version/hash``. ``report.to_json() -> bytes`` is canonical (sorted keys, UTF-8, no
  clock): same input, same bytes; it follows ``schema/report-1.json``; ``report_schema()`` returns that schema.
  ``Report.from_json(bytes)`` reads it back, for a report made in a pod.
- `Finding`: rule, version, statbarn, severity, location (file, member, sheet, cells, line, page, pointer), evidence
  (`.fr`, `.en`; bucketed, never a value), fingerprint (stable id for dismissals and vote binding: same bytes, rule
  version, place and evidence give the same fingerprint). Words for people: ``rule_by_id(finding.rule)`` gives title, explanation, mend, sources.
- ``ledger_entries(report, release_id) -> list[LedgerEntry]``: what a release of these files adds to the project's ledger;
  ``entry.to_json()`` is one JSON line; ``Ledger.parse("\\n".join(lines))`` reads them back. Hashed keys with the project's key
  (``Ledger.key``, see `ledger`); counts are kept, so the ledger never leaves the environment. A report read back from JSON has no tables: pass
  ``report.tables_json()`` of the checking process along with it and call ``report.with_tables(bytes)``.
- Context form, per file: ``what, population, n, variables, controls, relation`` (`context`).
- Severity per rule may be changed by the policy (``overrides``), never by context, ledger or acro's own claims.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tre.egress.checks.context import Context, FileContext
    from tre.egress.checks.engine import Input, check
    from tre.egress.checks.ledger import Ledger, LedgerEntry, ledger_entries
    from tre.egress.checks.model import FileReport, Finding, Location, Report, Severity, Verdict
    from tre.egress.checks.policy import Policy
    from tre.egress.checks.report.codec import report_schema
    from tre.egress.checks.rule import Rule, all_rules, rule_by_id

_EXPORTS = {
    "Context": "context",
    "FileContext": "context",
    "Input": "engine",
    "check": "engine",
    "Ledger": "ledger",
    "LedgerEntry": "ledger",
    "ledger_entries": "ledger",
    "FileReport": "model",
    "Finding": "model",
    "Location": "model",
    "Report": "model",
    "Severity": "model",
    "Verdict": "model",
    "Policy": "policy",
    "report_schema": "report.codec",
    "Rule": "rule",
    "all_rules": "rule",
    "rule_by_id": "rule",
}

__all__ = [
    "Context",
    "FileContext",
    "FileReport",
    "Finding",
    "Input",
    "Ledger",
    "LedgerEntry",
    "Location",
    "Policy",
    "Report",
    "Rule",
    "Severity",
    "Verdict",
    "all_rules",
    "check",
    "ledger_entries",
    "report_schema",
    "rule_by_id",
]


def __getattr__(name: str) -> Any:
    # Imported on use: `tre check --help` must not pay for the engine.
    if name not in _EXPORTS:
        raise AttributeError(name)
    return getattr(import_module(f"{__name__}.{_EXPORTS[name]}"), name)

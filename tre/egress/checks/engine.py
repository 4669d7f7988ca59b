"""The check itself: every file in the sandbox, then the rules that look across files (design §7)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tre.egress.checks.context import Context
from tre.egress.checks.examine import Subject, as_finding, examine
from tre.egress.checks.ledger import Ledger
from tre.egress.checks.model import FileReport, Finding, Report
from tre.egress.checks.policy import Policy
from tre.egress.checks.rule import Batch, all_rules

ENGINE_VERSION = "1.0"
Progress = Callable[[int, int, str], None]  # files done, files in all, name


@dataclass(frozen=True)
class Input:
    """A file to check: ``name`` is what findings call it, ``path`` where its bytes are."""

    name: str
    path: str | Path


def check(  # noqa: PLR0913  the public contract: two of them by keyword
    inputs: Sequence[Input],
    policy: Policy,
    context: Context | None = None,
    ledger: Ledger | None = None,
    *,
    sandbox: bool = True,
    progress: Progress | None = None,
) -> Report:
    """The report on ``inputs``; see the package's docstring for the contract. Files are reported in the order of their names."""
    context, ledger = context or Context(), ledger or Ledger()
    subjects = [
        Subject(item.name, str(item.path), context.for_file(item.name)) for item in sorted(inputs, key=lambda i: i.name)
    ]
    files = _in_sandbox(subjects, policy, progress) if sandbox else _here(subjects, policy, progress)
    files = _across(files, policy, context, ledger)
    return Report(
        policy_id=policy.id,
        policy_version=policy.version,
        policy_hash=policy.digest,
        engine=ENGINE_VERSION,
        context_hash=context.digest(),
        ledger_hash=ledger.digest(),
        files=tuple(files),
    )


def _here(subjects: Sequence[Subject], policy: Policy, progress: Progress | None) -> list[FileReport]:
    files = []
    for index, subject in enumerate(subjects, 1):
        files.append(examine(subject, policy))
        if progress:
            progress(index, len(subjects), subject.name)
    return files


def _in_sandbox(subjects: Sequence[Subject], policy: Policy, progress: Progress | None) -> list[FileReport]:
    from tre.egress.checks.sandbox.client import run  # noqa: PLC0415

    return run(subjects, policy, progress)


def _across(files: list[FileReport], policy: Policy, context: Context, ledger: Ledger) -> list[FileReport]:
    batch = Batch(policy, context, ledger, tuple(files))
    by_name: dict[str, list[Finding]] = {}
    digests = {file.name: file.sha256 for file in files}
    for rule in all_rules():
        if rule.scope != "batch":
            continue
        for hit in rule.scan(batch):
            finding = as_finding(rule, hit, policy, digests.get(hit.location.file, ""))
            if finding is not None:
                by_name.setdefault(finding.location.file, []).append(finding)
    return [replace(file.with_findings(by_name.get(file.name, ()))) for file in files]

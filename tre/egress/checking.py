"""The automatic checks of a submission: over the pinned bytes, never over the researcher's file (design §7).

A verdict never releases anything: after the checks, two people review.
"""

import hashlib
import json
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy.orm import Session

from tre.audit.events import AuditEvent, Json
from tre.core.errors import Conflict
from tre.core.ids import new_id
from tre.egress import facts, settle, store
from tre.egress.case import Case, advance, log, move_file, notify, open_case
from tre.egress.checks import Context, Finding, Input, Ledger, Policy, Report
from tre.egress.contracts import Parts, Stored, bucket, exact
from tre.egress.models import Check, File, FindingRow, LedgerKey, Request

MAX_ATTEMPTS = 5


@dataclass(frozen=True)
class Checked:
    """One run of the engine over the pinned bytes of a request."""

    policy: Policy
    report: Report
    ledger: Ledger
    data: dict[str, bytes]  # file id -> the bytes that were checked


def run_checks(session: Session, parts: Parts, request_id: str, *, event: AuditEvent) -> Request:
    """Check a signed submission and open its review.

    Raises Conflict when the request is not waiting for checks or its pinned bytes are not those that were submitted,
    and whatever the engine or a service raises: then nothing has changed, and the worker counts the attempt.
    """
    case = open_case(session, parts, request_id)
    if case.request.state != "checking":
        raise Conflict("request-state", f"The request is {case.request.state}, not waiting for checks.", "")
    result = examine(case, case.files)
    keep(case, event, result)
    advance(case, event, "check", "review")
    settle.settle(case, event)
    if case.request.state == "review":
        notify(case, "review-wanted", "role", "reviewer")
    return case.request


def examine(case: Case, files: Sequence[File]) -> Checked:
    """Read the pinned bytes, compare their hashes, run the engine on them."""
    policy = Policy.load(case.project.policy_id)
    data = {file.id: pinned_bytes(case, file) for file in files}
    ledger = project_ledger(case)
    context = Context.parse({"files": {file.name: file.context for file in files}})
    with TemporaryDirectory(prefix="tre-check-") as folder:
        inputs = []
        for file in files:
            path = Path(folder) / file.id  # the researcher's name is never a path of ours
            path.write_bytes(data[file.id])
            inputs.append(Input(file.name, path))
        report = case.parts.checker(inputs, policy, context, ledger)
    _check_covers(report, files)
    return Checked(policy, report, ledger, data)


def pinned_bytes(case: Case, file: File) -> bytes:
    """The bytes in quarantine; raises Conflict ``pinned-changed`` unless their hash is that of the submission."""
    place = bucket(case.request.slug, "quarantine")
    pinned = Stored(place, file.quarantine_key or "", file.quarantine_version, file.sha256 or "", file.size or 0)
    data = exact(case.parts.store, pinned)
    if data is None:
        raise Conflict(
            "pinned-changed", "The bytes in quarantine are not those that were submitted.", "Tell the security officer."
        )
    return data


def _check_covers(report: Report, files: Sequence[File]) -> None:
    """Fail closed: a report that says nothing of a file, or speaks of other bytes, is no report."""
    if {(f.name, f.sha256) for f in report.files} != {(f.name, f.sha256) for f in files}:
        raise Conflict("report-incomplete", "The check did not cover every file.", "It is run again.")


def keep(case: Case, event: AuditEvent, result: Checked) -> Check:
    """Write the report and its findings down, and bind the files to them."""
    report = result.report
    check = Check(
        id=new_id("chk"), request_id=case.request.id, round=case.request.round, at=case.parts.clock(),
        policy_id=report.policy_id, policy_version=report.policy_version, policy_hash=report.policy_hash,
        engine=report.engine, ledger_hash=report.ledger_hash, verdict=report.verdict.label, report=report.to_json(),
    )  # fmt: skip
    case.session.add(check)
    case.session.flush()
    by_name = {file.name: file for file in case.files}
    for found in report.files:
        file = by_name[found.name]
        file.kind, file.verdict = found.kind, found.verdict.label
        file.policy_hash, file.findings_hash = report.policy_hash, findings_hash(found.findings)
        if file.state in {"pinned", "approved"}:
            move_file(file, "check", "checked")
        case.session.add_all(_row(check, file, finding) for finding in found.findings)
    case.session.flush()
    log(
        case, event, "egress.checked", check=check.id, round=case.request.round, verdict=check.verdict,
        policy=f"{check.policy_id}@{check.policy_version}", policy_hash=check.policy_hash, engine=check.engine,
        needed=facts.needed(case), files=_checked_files(case), report=hashlib.sha256(check.report).hexdigest(),
    )  # fmt: skip
    return check


def findings_hash(findings: Iterable[Finding]) -> str:
    """What a vote binds of the findings: rules, their versions, severities and places."""
    rows = sorted([f.rule, f.version, f.severity.label, f.fingerprint] for f in findings)
    return hashlib.sha256(json.dumps(rows).encode()).hexdigest()


def _row(check: Check, file: File, finding: Finding) -> FindingRow:
    place = {key: value for key, value in vars(finding.location).items() if value and key != "file"}
    return FindingRow(
        check_id=check.id,
        file_id=file.id,
        fingerprint=finding.fingerprint,
        rule=finding.rule,
        version=finding.version,
        severity=finding.severity.label,
        location=place,
        evidence={"fr": finding.evidence.fr, "en": finding.evidence.en},
    )


def _checked_files(case: Case) -> list[Json]:
    found = facts.blocks(case)
    return [
        {
            "file": file.id,
            "sha256": file.sha256,
            "binding": facts.binding_of(file),
            "verdict": file.verdict,
            "blocks": [[block.fingerprint, block.rule] for block in found.get(file.id, ())],
        }
        for file in sorted(case.files, key=lambda f: f.id)
    ]


def project_ledger(case: Case) -> Ledger:
    """Everything the project released before, with its key."""
    lines = store.ledger_lines(case.session, case.request.slug)
    return Ledger.parse([json.dumps({"ledger": 1, "key": ledger_key(case)}), *lines])


def ledger_key(case: Case) -> str:
    """The project's ledger key, made on first use and kept encrypted under the project's key in Vault."""
    slug = case.request.slug
    row = case.session.get(LedgerKey, slug)
    if row is not None:
        return case.parts.vault.decrypt(slug, row.sealed).decode()
    store.lock_project(case.session, slug)
    row = case.session.get(LedgerKey, slug)
    if row is None:
        key = secrets.token_hex(32)
        case.session.add(LedgerKey(slug=slug, sealed=case.parts.vault.encrypt(slug, key.encode())))
        return key
    return case.parts.vault.decrypt(slug, row.sealed).decode()


def note_failure(session: Session, parts: Parts, request_id: str, code: str, *, event: AuditEvent) -> Request:
    """Count a failed attempt; after five the request is held until a reviewer asks for another run. Nothing leaves."""
    case = open_case(session, parts, request_id)
    case.request.attempts += 1
    case.request.error = code
    if case.request.state == "checking" and case.request.attempts >= MAX_ATTEMPTS:
        advance(case, event, "check", "held", code)
        notify(case, "held", "role", "reviewer")
    log(case, replace(event, outcome="failed"), "egress.failed", attempt=case.request.attempts, code=code)
    return case.request

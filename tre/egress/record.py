"""The release record: one JSON document, checked against its schema, hashed into the log (requirement T27)."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import rfc8785

from tre.core.clock import iso
from tre.core.errors import Conflict
from tre.egress import facts, store
from tre.egress.case import Case
from tre.egress.checking import Checked
from tre.egress.checks import Finding, all_rules
from tre.egress.eligibility import Facts, ballots_on
from tre.egress.models import Disposition, File, Vote
from tre.egress.votes import WP29, approvers

SCHEMA = Path(__file__).parent / "schema" / "release-1.json"


@dataclass(frozen=True)
class Leaving:
    """What is about to leave."""

    release_id: str
    released_at: datetime
    expires_at: datetime
    files: tuple[File, ...]
    checked: Checked


@cache
def release_schema() -> dict[str, Any]:
    """The JSON Schema of release records."""
    schema: dict[str, Any] = json.loads(SCHEMA.read_text("utf-8"))
    return schema


def build(case: Case, leaving: Leaving) -> bytes:
    """The record's canonical bytes (RFC 8785). Raises Conflict ``record-invalid`` when its schema refuses it."""
    body = _body(case, leaving)
    try:
        jsonschema.validate(body, release_schema())
    except jsonschema.ValidationError as error:
        where = "/".join(map(str, error.absolute_path))
        raise Conflict(
            "record-invalid", f"The release record is incomplete at {where}.", "Nothing was released."
        ) from error
    return rfc8785.dumps(body)


def _body(case: Case, leaving: Leaving) -> dict[str, Any]:
    request, report = case.request, leaving.checked.report
    told = _Told.of(case)
    entries = [_file(told, file, leaving) for file in leaving.files]
    deciders = sorted({vote["person"] for entry in entries for vote in entry["approvals"]})
    rules = {rule.id: rule.version for rule in all_rules()}
    return {
        "schema": "tre-release-1",
        "release": leaving.release_id,
        "request": request.id,
        "project": request.slug,
        "authorisation": case.project.authorisation,
        "purpose": request.purpose,
        "destination": request.destination,
        "image_digest": request.image_digest,
        "requested_by": request.requester_id,
        "signed_by": request.signed_by,
        "released_at": iso(leaving.released_at),
        "expires_at": iso(leaving.expires_at),
        "policy": {"id": report.policy_id, "version": report.policy_version, "hash": report.policy_hash},
        "engine": {"version": report.engine, "rules": rules, "ledger_hash": report.ledger_hash},
        "datasets": [
            {"id": use.dataset_id, "title": use.title, "version": use.version}
            for use in case.parts.projects.datasets(case.session, request.slug)
        ],
        "files": entries,
        "wp29": {key: "met" for key in WP29},  # an approval without all three is refused when it is cast
        "deciders": deciders,
        "package_sha256": package_hash(leaving.files),
    }


def package_hash(files: tuple[File, ...]) -> str:
    """The hash of the released bytes together: of ``sha256  name`` lines, as sha256sum writes them, sorted by name."""
    lines = "".join(f"{file.sha256}  {file.name}\n" for file in sorted(files, key=lambda f: f.name))
    return hashlib.sha256(lines.encode()).hexdigest()


@dataclass(frozen=True)
class _Told:
    """What people decided about the request, read once."""

    facts: Facts
    votes: list[Vote]
    dispositions: list[Disposition]

    @classmethod
    def of(cls, case: Case) -> "_Told":
        session, request_id = case.session, case.request.id
        return cls(facts.from_rows(case), store.votes(session, request_id), store.dispositions(session, request_id))

    def approvals(self, file_id: str, binding: str) -> list[Vote]:
        """The last vote of each approver whose approval counts."""
        item = next(entry for entry in self.facts.files if entry.file_id == file_id)
        people = approvers(ballots_on(self.facts, item))
        last = {v.person_id: v for v in self.votes if v.file_id == file_id and v.binding == binding}
        return [vote for person, vote in last.items() if person in people]


def _file(told: _Told, file: File, leaving: Leaving) -> dict[str, Any]:
    binding = facts.binding_of(file)
    found = next(item for item in leaving.checked.report.files if item.name == file.name)
    dispositions = [row for row in told.dispositions if (row.file_id, row.binding) == (file.id, binding)]
    return {
        "id": file.id,
        "name": file.name,
        "sha256": file.sha256,
        "size": file.size,
        "kind": file.kind,
        "verdict": file.verdict,
        "context": file.context,
        "context_hash": file.context_hash,
        "findings_hash": file.findings_hash,
        "binding": binding,
        "findings": [_finding(finding) for finding in found.findings],
        "dispositions": [_disposition(row) for row in dispositions],
        "approvals": [_approval(vote) for vote in told.approvals(file.id, binding)],
    }


def _finding(finding: Finding) -> dict[str, Any]:
    place = {key: value for key, value in vars(finding.location).items() if value}
    return {
        "rule": finding.rule, "version": finding.version, "severity": finding.severity.label,
        "fingerprint": finding.fingerprint, "location": place,
    }  # fmt: skip


def _disposition(row: Disposition) -> dict[str, Any]:
    return {
        "fingerprint": row.fingerprint, "kind": row.kind, "reason": row.reason, "by": row.person_id,
        "as": "security-officer" if row.officer else "reviewer", "at": iso(row.at),
    }  # fmt: skip


def _approval(vote: Vote) -> dict[str, Any]:
    return {"person": vote.person_id, "at": iso(vote.at), "wp29": {key: vote.answers.get(key) for key in WP29}}

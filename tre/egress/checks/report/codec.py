"""Reports to JSON and back: canonical bytes (sorted keys, UTF-8, no clock) that follow ``schema/report-1.json``."""

import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from functools import cache
from pathlib import Path
from typing import Any

from tre.egress.checks.model import CellTable, FileReport, Finding, Location, Report, Severity
from tre.egress.checks.words import Words

_SCHEMA = Path(__file__).parents[1] / "schema" / "report-1.json"


@cache
def report_schema() -> dict[str, Any]:
    """The JSON Schema of a report."""
    schema: dict[str, Any] = json.loads(_SCHEMA.read_text("utf-8"))
    return schema


def dump(data: object) -> bytes:
    """Canonical JSON; lone surrogates of hostile names are escaped."""
    return json.dumps(data, sort_keys=True, ensure_ascii=True, separators=(",", ":")).encode()


def report_to_json(report: Report) -> bytes:
    """The report as canonical JSON."""
    files = [file_body(file) for file in report.files]
    body = {
        "schema": "urn:tre:disclosure-report:1",
        "engine": report.engine,
        "policy": {"id": report.policy_id, "version": report.policy_version, "sha256": report.policy_hash},
        "context_sha256": report.context_hash,
        "ledger_sha256": report.ledger_hash,
        "verdict": report.verdict.label,
        "files": files,
        "rules": _rules(report),
    }
    return dump(body)


def file_body(file: FileReport) -> dict[str, Any]:
    """One file's part of a report."""
    return {
        "name": file.name,
        "sha256": file.sha256,
        "size": file.size,
        "kind": file.kind,
        "verdict": file.verdict.label,
        "parts": dict(file.parts),
        "findings": [_finding_body(finding) for finding in file.findings],
    }


def _finding_body(finding: Finding) -> dict[str, Any]:
    place = {key: value for key, value in asdict(finding.location).items() if value not in ("", 0)}
    return {
        "rule": finding.rule,
        "version": finding.version,
        "statbarn": finding.statbarn,
        "severity": finding.severity.label,
        "location": place,
        "evidence": asdict(finding.evidence),
        "fingerprint": finding.fingerprint,
    }


def _rules(report: Report) -> dict[str, Any]:
    """Words for the rules that were found, so that a report can be shown without the engine."""
    from tre.egress.checks.rule import rule_by_id  # noqa: PLC0415

    result = {}
    for rule_id in sorted({finding.rule for finding in report.findings}):
        rule = rule_by_id(rule_id)
        if rule is not None:
            texts = {"title": rule.title, "explanation": rule.explanation, "mend": rule.mend}
            result[rule_id] = {**{key: asdict(words) for key, words in texts.items()}, "sources": list(rule.sources)}
    return result


def report_from_json(data: bytes) -> Report:
    """A report read back, without its tables; raises ValueError when it does not follow the schema."""
    import jsonschema  # noqa: PLC0415

    body = json.loads(data)
    try:
        jsonschema.validate(body, report_schema())
    except jsonschema.ValidationError as error:
        raise ValueError("not a disclosure report") from error
    return Report(
        policy_id=body["policy"]["id"],
        policy_version=body["policy"]["version"],
        policy_hash=body["policy"]["sha256"],
        engine=body["engine"],
        context_hash=body["context_sha256"],
        ledger_hash=body["ledger_sha256"],
        files=tuple(file_from_body(file) for file in body["files"]),
    )


def file_from_body(body: Mapping[str, Any]) -> FileReport:
    """One file's report from its JSON."""
    return FileReport(
        name=body["name"],
        sha256=body["sha256"],
        size=body["size"],
        kind=body["kind"],
        findings=tuple(_finding(item) for item in body["findings"]),
        parts=tuple(sorted(body["parts"].items())),
        tables=tuple(table_from_body(item) for item in body.get("tables", ())),
    )


def _finding(body: Mapping[str, Any]) -> Finding:
    return Finding(
        rule=body["rule"],
        version=body["version"],
        statbarn=body["statbarn"],
        severity=Severity[body["severity"].upper()],
        location=Location(**body["location"]),
        evidence=Words(**body["evidence"]),
        fingerprint=body["fingerprint"],
    )


def table_body(table: CellTable) -> dict[str, Any]:
    """A reduced table as JSON: crosses from the sandbox to the parent, and from a checking pod to the ledger."""
    return {
        "signature": table.signature,
        "location": {key: value for key, value in asdict(table.location).items() if value not in ("", 0)},
        "cells": dict(table.cells),
        "rounded_to": table.rounded_to,
        "totals": list(table.totals),
    }


def table_from_body(body: Mapping[str, Any]) -> CellTable:
    """The reverse of `table_body`."""
    return CellTable(
        signature=str(body["signature"]),
        location=Location(**body["location"]),
        cells=tuple(sorted((str(key), float(value)) for key, value in body["cells"].items())),
        rounded_to=int(body["rounded_to"]),
        totals=tuple(float(value) for value in body["totals"]),
    )


def tables_to_json(report: Report) -> bytes:
    """The reduced tables of every file: kept inside the environment, beside the report."""
    return dump({file.name: [table_body(table) for table in file.tables] for file in report.files})


def with_tables(report: Report, data: bytes) -> Report:
    """``report`` with the tables that `tables_to_json` wrote."""
    tables = json.loads(data)
    files = tuple(
        replace(file, tables=tuple(table_from_body(item) for item in tables.get(file.name, ())))
        for file in report.files
    )
    return replace(report, files=files)

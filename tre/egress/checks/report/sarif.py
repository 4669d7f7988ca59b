"""SARIF 2.1.0, for editors and code hosts."""

from typing import Any

from tre.egress.checks.model import Finding, Report
from tre.egress.checks.report.codec import dump
from tre.egress.checks.report.text import place_of
from tre.egress.checks.rule import rule_by_id
from tre.egress.checks.words import Language

_LEVELS = {"info": "note", "review": "warning", "block": "error"}


def render(report: Report, language: Language) -> bytes:
    """One run; the policy's hash is a property of it."""
    ids = sorted({finding.rule for finding in report.findings})
    run = {
        "tool": {
            "driver": {
                "name": "tre check",
                "version": report.engine,
                "rules": [_rule(rule_id, language) for rule_id in ids],
            }
        },
        "results": [_result(finding, language) for finding in report.findings],
        "properties": {
            "policy": report.policy_id,
            "policyVersion": report.policy_version,
            "policySha256": report.policy_hash,
        },
    }
    return dump({"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [run]}) + b"\n"


def _rule(rule_id: str, language: Language) -> dict[str, Any]:
    rule = rule_by_id(rule_id)
    if rule is None:
        return {"id": rule_id}
    return {
        "id": rule_id,
        "shortDescription": {"text": rule.title.in_(language)},
        "fullDescription": {"text": rule.explanation.in_(language)},
        "help": {"text": rule.mend.in_(language)},
    }


def _result(finding: Finding, language: Language) -> dict[str, Any]:
    place = finding.location
    physical: dict[str, Any] = {"artifactLocation": {"uri": place.file}}
    if place.line:
        physical["region"] = {"startLine": place.line}
    logical = place_of(place, language)
    location: dict[str, Any] = {"physicalLocation": physical}
    if logical:
        location["logicalLocations"] = [{"fullyQualifiedName": logical}]
    return {
        "ruleId": finding.rule,
        "level": _LEVELS[finding.severity.label],
        "message": {"text": finding.evidence.in_(language)},
        "locations": [location],
        "partialFingerprints": {"tre/v1": finding.fingerprint},
    }

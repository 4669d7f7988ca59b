"""Each rule on unsafe, safe and near-miss files (requirement E21)."""

import pytest

from tests.unit.egress.checks.conftest import Check, rules
from tests.unit.egress.checks.samples import CASES, Case


@pytest.mark.requirement("E21")
@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.rule} {case.what}")
def test_rule(case: Case, check_text: Check) -> None:
    report = check_text(case.content, case.name)
    if case.severity:
        assert case.rule in rules(report, case.severity), report.findings
    else:
        assert case.rule not in rules(report, "block") | rules(report, "review"), report.findings
    if case.verdict:
        assert report.verdict.label == case.verdict, report.findings

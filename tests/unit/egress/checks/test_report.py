"""Reports: determinism, schema, canaries, ledger, differencing (requirements E22, E23), the sandbox."""

import json
from pathlib import Path

import jsonschema
import pytest

from tests.unit.egress.checks.conftest import rules
from tests.unit.egress.checks.samples import CASES, nir
from tre.core.errors import Invalid
from tre.egress.checks import Context, Input, Ledger, Policy, Report, all_rules, check, ledger_entries, report_schema
from tre.egress.checks.policy import shipped
from tre.egress.checks.report import html, sarif, text

ALL = "sex,age,count\nM,0-39,113\nM,40+,237\nF,0-39,201\nF,40+,184\n"
SUB = "sex,age,count\nM,0-39,110\nM,40+,237\nF,0-39,194\nF,40+,184\n"


def folder(tmp_path: Path, files: dict[str, str]) -> list[Input]:
    for name, content in files.items():
        (tmp_path / name).write_text(content)
    return [Input(name, tmp_path / name) for name in files]


@pytest.mark.parametrize("policy_id", shipped())
def test_shipped_policies_follow_their_schema(policy_id: str) -> None:
    loaded = Policy.load(policy_id)
    assert Policy.parse(loaded.source).digest == loaded.digest


def test_a_wrong_policy_says_where() -> None:
    with pytest.raises(Invalid, match="threshold"):
        Policy.parse({"id": "abc", "version": "1", "threshold": "many"})


def test_report_is_deterministic_and_follows_its_schema(tmp_path: Path, policy: Policy) -> None:
    inputs = folder(tmp_path, {f"{i}-{case.name}": case.content for i, case in enumerate(CASES)})
    one = check(inputs, policy, sandbox=False).to_json()
    other = check(list(reversed(inputs)), policy, sandbox=False).to_json()
    assert one == other
    jsonschema.validate(json.loads(one), report_schema())
    assert Report.from_json(one).to_json() == one


def test_sandbox_gives_the_same_report(tmp_path: Path, policy: Policy) -> None:
    inputs = folder(tmp_path, {f"{i}-{case.name}": case.content for i, case in enumerate(CASES[:12])})
    assert check(inputs, policy).to_json() == check(inputs, policy, sandbox=False).to_json()


def test_no_value_is_ever_quoted(tmp_path: Path, policy: Policy) -> None:
    canary, number = "Zyxwvutsr", nir(11)
    content = f"nom,nir,adresse,n\n{canary},{number},12 rue {canary},7\n{canary}2,{number},x@{canary}.fr,7391\n"
    report = check(folder(tmp_path, {"a.csv": content, "a.txt": f"{canary} {number}\n"}), policy)
    for shown in (report.to_json(), text.render(report, "fr"), html.render(report, "en"), sarif.render(report, "fr")):
        assert canary.encode() not in shown
        assert number.encode() not in shown
        assert b"7391" not in shown
    assert report.verdict.label == "block"


@pytest.mark.requirement("E23")
def test_nested_files_of_one_request(tmp_path: Path, policy: Policy) -> None:
    report = check(folder(tmp_path, {"all.csv": ALL, "sub.csv": SUB}), policy, sandbox=False)
    assert all("DIF-02" in rules(file, "block") for file in report.files)


@pytest.mark.requirement("E23")
def test_difference_to_an_earlier_release(tmp_path: Path, policy: Policy) -> None:
    released = check(folder(tmp_path, {"all.csv": ALL}), policy, sandbox=False)
    lines = [entry.to_json() for entry in ledger_entries(released, "rel-1", key="k")]
    ledger = Ledger.parse(['{"ledger":1,"key":"k"}', *lines])
    later = check(folder(tmp_path, {"sub.csv": SUB}), policy, ledger=ledger, sandbox=False)
    assert "DIF-01" in rules(later.files[0], "review")
    assert "DIF-01" not in rules(
        check(folder(tmp_path, {"sub.csv": ALL}), policy, ledger=ledger, sandbox=False).files[0]
    )


def test_rounded_tables_may_differ(tmp_path: Path, policy: Policy) -> None:
    one = "g,n\n" + "".join(f"g{i},{v}\n" for i, v in enumerate((115, 240, 205, 185, 390, 75)))
    other = "g,n\n" + "".join(f"g{i},{v}\n" for i, v in enumerate((110, 240, 195, 185, 390, 75)))
    report = check(folder(tmp_path, {"one.csv": one, "other.csv": other}), policy, sandbox=False)
    assert not any(rules(file) & {"DIF-01", "DIF-02"} for file in report.files)


def test_ledger_survives_a_report_made_elsewhere(tmp_path: Path, policy: Policy) -> None:
    report = check(folder(tmp_path, {"all.csv": ALL}), policy, sandbox=False)
    copy = Report.from_json(report.to_json()).with_tables(report.tables_json())
    assert ledger_entries(copy, "rel-1") == ledger_entries(report, "rel-1")


def test_a_safe_file_changes_no_other_file(tmp_path: Path, policy: Policy) -> None:
    files = {f"{i}-{case.name}": case.content for i, case in enumerate(CASES[:8])}
    before = check(folder(tmp_path, files), policy, sandbox=False)
    after = check(folder(tmp_path, {**files, "zz.csv": "ville,n\nLyon,4127\nLille,3883\n"}), policy, sandbox=False)
    assert after.files[:-1] == before.files


def test_context_is_asked_for_only_in_a_request(tmp_path: Path, policy: Policy) -> None:
    inputs = folder(tmp_path, {"a.csv": "sex,n\nF,412\nM,388\n"})
    assert check(inputs, policy, sandbox=False).verdict.label == "pass"
    assert check(inputs, policy, Context.parse({"files": {}}), sandbox=False).verdict.label == "review"
    form = {"what": "t", "population": "p", "n": 800, "variables": ["sex"], "controls": "none needed"}
    assert check(inputs, policy, Context.parse({"files": {"a.csv": form}}), sandbox=False).verdict.label == "pass"


def test_policy_overrides_change_severity(tmp_path: Path, policy: Policy) -> None:
    inputs = folder(tmp_path, {"a.csv": "sex,n\nF,3\nM,388\n"})
    milder = Policy.parse({"id": "abc", "version": "1", "threshold": 11, "overrides": {"FRQ-01": "review"}})
    assert check(inputs, milder, sandbox=False).verdict.label == "review"
    assert check(inputs, Policy.load("opensafely-like"), sandbox=False).verdict.label == "block"


def test_a_rule_that_crashes_is_a_finding(tmp_path: Path, policy: Policy, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("tre.egress.checks.rules.freq.frq07.system_of", broken)
    report = check(folder(tmp_path, {"a.csv": "sex,n\nF,412\nM,388\n"}), policy, sandbox=False)
    assert "RUN-01" in rules(report.files[0], "review")


def test_every_rule_speaks_both_languages() -> None:
    for rule in all_rules():
        for words in (rule.title, rule.explanation, rule.mend):
            assert words.fr
            assert words.en
        assert rule.sources, rule.id

"""Small rules: file names, context forms, clocks."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tre.core.errors import Invalid
from tre.core.filenames import check_name
from tre.egress import forms
from tre.egress.clocks import clocks

HOSTILE = [
    "", "../a.csv", "a/../b", "/etc/passwd", "a\\b", "a\x00b", "a\nb", "a\u202ecsv", "a\u200bb", ".", "a//b", " a",
    "a ", "x" * 4096, "x" * 300, "e\u0301.csv", "\ud800",
]  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_are_refused_and_not_repeated(name: str) -> None:
    with pytest.raises(Invalid) as refused:
        check_name(name)
    assert refused.value.code == "file-name"
    assert len(name) < 5 or name not in refused.value.message


@pytest.mark.parametrize("name", ["t1.csv", "résultats/tableau 1.csv", "a/b/c.png", "Étude – final.pdf"])
def test_ordinary_names_pass(name: str) -> None:
    assert check_name(name) == name


@given(st.text(max_size=60))
def test_a_name_that_passes_stays_under_its_folder(name: str) -> None:
    try:
        check_name(name)
    except Invalid:
        return
    assert not name.startswith("/")
    assert ".." not in name.split("/")


def test_forms_say_what_is_missing() -> None:
    form = forms.parse({"what": "Tableau", "n": "940", "variables": "sexe, stade"})
    assert (form["n"], form["variables"]) == (940, ["sexe", "stade"])
    assert forms.missing(form) == ["population", "controls", "relation"]


@pytest.mark.parametrize(
    "bad", [{"inconnu": 1}, {"n": "beaucoup"}, {"n": -1}, {"what": 3}, {"variables": 4}, {"what": "a\x00"}]
)
def test_unusable_forms_are_refused(bad: dict[str, object]) -> None:
    with pytest.raises(Invalid) as refused:
        forms.parse(bad)
    assert refused.value.code == "context-invalid"


def test_any_change_of_a_form_changes_its_hash() -> None:
    base = forms.parse({"what": "a"})
    assert forms.digest(base) != forms.digest({**base, "what": "b"})
    assert forms.digest(base) == forms.digest(dict(reversed(list(base.items()))))


@dataclass
class Step:
    at: datetime
    target: str


def test_the_reviewers_clock_pauses_while_the_researcher_has_it() -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    hours = ["checking", "review", "returned", "checking", "review", "approved", "released"]
    steps = [Step(start + timedelta(hours=n + 1), state) for n, state in enumerate(hours)]
    result = clocks(start, steps, start + timedelta(days=9))
    assert result.researcher == timedelta(hours=2)
    assert result.reviewers == timedelta(hours=2)
    assert result.system == timedelta(hours=3)
    assert result.waits_on == ""

"""An authorisation is complete or refused, each missing part by its own code (acceptance: nothing is created)."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from tre.core.errors import Invalid
from tre.projects.forms import REQUIRED_TEXTS, AuthorisationForm, NamedDataset, NamedPerson, check_complete

TODAY = date(2026, 3, 2)
WHOLE = AuthorisationForm(
    slug="etude-un", title="Étude", reference="DR-1", authority="CNIL", legal_basis="art. 66", purpose="Évaluer",
    controller="CHU", public_benefit="Soins", starts_on=date(2026, 1, 1), ends_on=date(2026, 12, 31),
    decision_sha256="0" * 64, people=(NamedPerson("chercheuse-a", lead=True),),
    datasets=(NamedDataset("colon", ("age",)),),
)  # fmt: skip
LEAD = NamedPerson("a", lead=True)


def test_a_whole_form_gives_its_dates() -> None:
    assert check_complete(WHOLE, TODAY) == (date(2026, 1, 1), date(2026, 12, 31))


@pytest.mark.requirement("1.4.01")
@pytest.mark.parametrize("name", REQUIRED_TEXTS)
@pytest.mark.parametrize("empty", ["", "   "])
def test_each_missing_text_has_its_own_code(name: str, empty: str) -> None:
    code = f"authorisation-{name.replace('_', '-')}-missing"
    with pytest.raises(Invalid, match=f"^{code}:"):
        check_complete(replace(WHOLE, **{name: empty}), TODAY)


@pytest.mark.requirement("1.4.01")
@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"starts_on": None}, "authorisation-starts-on-missing"),
        ({"ends_on": None}, "authorisation-ends-on-missing"),
        ({"ends_on": date(2025, 12, 31)}, "authorisation-dates-reversed"),
        ({"starts_on": date(2025, 1, 1), "ends_on": date(2025, 2, 1)}, "authorisation-ended"),
        ({"decision_sha256": ""}, "authorisation-decision-missing"),
        ({"decision_sha256": "xyz"}, "decision-hash-invalid"),
        ({"people": ()}, "people-missing"),
        ({"people": (NamedPerson("a"),)}, "lead-missing"),
        ({"people": (LEAD, NamedPerson("a"))}, "person-repeated"),
        ({"people": (NamedPerson("a", date(2027, 1, 1), lead=True),)}, "person-rights-beyond"),
        ({"people": (NamedPerson("a", date(2025, 1, 1), lead=True),)}, "person-rights-beyond"),
        ({"datasets": ()}, "datasets-missing"),
        ({"datasets": (NamedDataset("colon", ()),)}, "variables-missing"),
        ({"datasets": (NamedDataset("colon", (" ",)),)}, "variables-missing"),
        ({"datasets": (NamedDataset("../colon", ("age",)),)}, "dataset-invalid"),
        ({"datasets": (NamedDataset("colon", ("age",)), NamedDataset("colon", ("sex",)))}, "dataset-repeated"),
        ({"policy_id": "../../etc/passwd"}, "policy-invalid"),
        ({"purpose": "x" * 4001}, "authorisation-text-invalid"),
        ({"purpose": "a\x00b"}, "authorisation-text-invalid"),
        ({"title": "gpj.\u202exe"}, "authorisation-text-invalid"),
    ],
)
def test_what_is_wrong_is_named(changes: dict[str, Any], code: str) -> None:
    with pytest.raises(Invalid, match=f"^{code}:"):
        check_complete(replace(WHOLE, **changes), TODAY)


@pytest.mark.parametrize(
    "slug",
    ["", "a", "ab", "A-b", "etude_un", "etude--un", "-etude", "etude-", "1etude", "e" * 31, "été", "a/../b", "a\nb"],
)
def test_a_hostile_slug_is_refused(slug: str) -> None:
    with pytest.raises(Invalid, match=r"^slug-invalid:"):
        check_complete(replace(WHOLE, slug=slug), TODAY)

"""The authorisation as it is recorded, and what makes it complete (design §4): a missing part is refused by name."""

import re
from dataclasses import dataclass, fields
from datetime import date

from tre.core.errors import Invalid
from tre.core.ids import check_slug

TEXT_MAX = 4000
DEFAULT_POLICY = "snds-default"
_SHA256 = re.compile(r"^[0-9a-f]{64}$")
_NAME = re.compile(r"^[a-z0-9][a-z0-9._-]{0,78}$")
# Controls and the marks that reorder text: they make a reader see other words than were recorded.
_HOSTILE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True)
class NamedPerson:
    """A person of the decision, by slug or id; without ``ends_on`` their rights end with the authorisation."""

    person: str
    ends_on: date | None = None
    lead: bool = False


@dataclass(frozen=True)
class NamedDataset:
    """A dataset of the decision and its authorised variables."""

    dataset: str
    variables: tuple[str, ...]


@dataclass(frozen=True)
class AuthorisationForm:
    """What an agent records. Optional in type only: ``check_complete`` refuses each missing part by its own code."""

    slug: str
    title: str = ""
    reference: str = ""
    authority: str = ""
    legal_basis: str = ""
    purpose: str = ""
    controller: str = ""
    public_benefit: str = ""
    starts_on: date | None = None
    ends_on: date | None = None
    decision_sha256: str = ""
    people: tuple[NamedPerson, ...] = ()
    datasets: tuple[NamedDataset, ...] = ()
    theme: str = ""
    policy_id: str = DEFAULT_POLICY


_SAY = {
    "title": "the title of the project",
    "reference": "the reference of the decision",
    "authority": "the authority that decided",
    "legal_basis": "the legal basis",
    "purpose": "the purpose",
    "controller": "the controller of the processing",
    "public_benefit": "the public benefit",
}
REQUIRED_TEXTS = tuple(_SAY)


def _refuse(code: str, message: str, remedy: str) -> Invalid:
    return Invalid(code, message, f"{remedy} Nothing was created.")


def check_complete(form: AuthorisationForm, today: date) -> tuple[date, date]:
    """Return start and end when the form is whole.

    Raises Invalid: ``slug-invalid``, ``authorisation-<part>-missing``, ``authorisation-text-invalid``,
    ``authorisation-dates-reversed``, ``authorisation-ended``, ``decision-hash-invalid``, ``people-missing``,
    ``lead-missing``, ``person-repeated``, ``person-rights-beyond``, ``datasets-missing``, ``dataset-invalid``,
    ``variables-missing``, ``policy-invalid``.
    """
    check_slug(form.slug)
    _check_texts(form)
    starts_on, ends_on = _check_dates(form, today)
    if not form.decision_sha256:
        raise _refuse("authorisation-decision-missing", "The decision is not attached.", "Attach the decision.")
    if not _SHA256.match(form.decision_sha256):
        raise _refuse("decision-hash-invalid", "The decision's SHA-256 is not one.", "Give 64 hexadecimal digits.")
    if not _NAME.match(form.policy_id):
        raise _refuse("policy-invalid", "The disclosure policy's name is not one.", "Choose a policy from the list.")
    _check_people(form, starts_on, ends_on)
    _check_datasets(form)
    return starts_on, ends_on


def _check_texts(form: AuthorisationForm) -> None:
    for name, words in _SAY.items():
        if not getattr(form, name).strip():
            code = f"authorisation-{name.replace('_', '-')}-missing"
            raise _refuse(code, f"An authorisation needs {words}.", "Fill it in as the decision states it.")
    for field in fields(form):
        value = getattr(form, field.name)
        if isinstance(value, str) and (len(value) > TEXT_MAX or _HOSTILE.search(value)):
            raise _refuse(
                "authorisation-text-invalid", f"The field {field.name} is too long or holds hidden characters.",
                f"Use plain text of at most {TEXT_MAX} characters.",
            )  # fmt: skip


def _check_dates(form: AuthorisationForm, today: date) -> tuple[date, date]:
    if form.starts_on is None:
        raise _refuse("authorisation-starts-on-missing", "An authorisation needs a first day.", "Give the date.")
    if form.ends_on is None:
        raise _refuse("authorisation-ends-on-missing", "An authorisation needs a last day.", "Give the date.")
    if form.ends_on < form.starts_on:
        raise _refuse("authorisation-dates-reversed", "It ends before it starts.", "Check both dates.")
    if form.ends_on < today:
        raise _refuse("authorisation-ended", "It has ended already.", "Record the decision that is valid now.")
    return form.starts_on, form.ends_on


def _check_people(form: AuthorisationForm, starts_on: date, ends_on: date) -> None:
    if not form.people:
        raise _refuse("people-missing", "An authorisation names the people who may work.", "Name at least one.")
    if not any(person.lead for person in form.people):
        raise _refuse("lead-missing", "Nobody leads the project.", "Mark the person who signs submissions.")
    if len({person.person for person in form.people}) != len(form.people):
        raise _refuse("person-repeated", "Somebody is named twice.", "Name each person once.")
    for person in form.people:
        if person.ends_on is not None and not starts_on <= person.ends_on <= ends_on:
            raise _refuse(
                "person-rights-beyond", f"The rights of {person.person} end outside the authorisation.",
                "Give a day between its first and its last.",
            )  # fmt: skip


def _check_datasets(form: AuthorisationForm) -> None:
    if not form.datasets:
        raise _refuse("datasets-missing", "An authorisation names its datasets.", "Name at least one.")
    if len({dataset.dataset for dataset in form.datasets}) != len(form.datasets):
        raise _refuse("dataset-repeated", "A dataset is named twice.", "Name each dataset once.")
    for dataset in form.datasets:
        if not _NAME.match(dataset.dataset):
            raise _refuse("dataset-invalid", "A dataset's name is not one.", "Use its name in the catalogue.")
        if not dataset.variables or not all(variable.strip() for variable in dataset.variables):
            raise _refuse(
                "variables-missing", f"No variables are named for {dataset.dataset}.", "List the authorised variables."
            )

"""Dates that act by themselves, without waiting for them."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tre.projects.dates import Action, PersonDates, ProjectDates, due
from tre.projects.states import State

END = date(2026, 6, 30)
ANNE = PersonDates("per-1", END, date(2030, 1, 1))
ACTIVE = ProjectDates("etude", State.ACTIVE, date(2026, 1, 1), END, people=(ANNE,))


def _kinds(project: ProjectDates, today: date) -> list[tuple[str, str]]:
    return [(action.kind, action.code) for action in due(project, today) if action.subject == project.slug]


@pytest.mark.parametrize(
    ("left", "warned_for"), [(31, None), (30, 30), (12, 30), (8, 30), (7, 7), (2, 7), (1, 1), (0, 1)]
)
def test_warnings_come_thirty_seven_and_one_days_before(left: int, warned_for: int | None) -> None:
    actions = due(replace(ACTIVE, people=()), END - timedelta(days=left))
    expected = [] if warned_for is None else [
        Action("warn", "etude", "authorisation-ends", END - timedelta(days=warned_for))
    ]  # fmt: skip
    assert actions == expected


@pytest.mark.requirement("E11")
def test_the_last_day_still_works_and_the_next_suspends() -> None:
    assert ("suspend", "authorisation-ended") not in _kinds(ACTIVE, END)
    assert _kinds(ACTIVE, END + timedelta(days=1)) == [("suspend", "authorisation-ended")]


@pytest.mark.requirement("E11")
def test_a_renewal_resumes_what_the_date_suspended_and_nothing_else() -> None:
    renewed = replace(ACTIVE, state=State.SUSPENDED, state_reason="authorisation-ended", ends_on=date(2027, 6, 30))
    assert _kinds(renewed, date(2026, 7, 2)) == [("resume", "authorisation-renewed")]
    assert _kinds(replace(renewed, state_reason="incident"), date(2026, 7, 2)) == []
    assert _kinds(replace(renewed, starts_on=date(2026, 8, 1)), date(2026, 7, 2)) == []


def test_an_end_without_renewal_leads_to_closing() -> None:
    ended = replace(ACTIVE, state=State.SUSPENDED, state_reason="authorisation-ended")
    assert _kinds(ended, END + timedelta(days=30)) == []
    announced = due(replace(ended, people=()), END + timedelta(days=31))
    assert announced == [Action("announce", "etude", "authorisation-ended", END + timedelta(days=60))]
    waiting = replace(ended, last_export_on=END + timedelta(days=60))
    assert _kinds(waiting, END + timedelta(days=59)) == []
    assert _kinds(waiting, END + timedelta(days=60)) == [("close", "last-export-passed")]


@pytest.mark.requirement("E12")
@pytest.mark.parametrize(
    ("person", "code"),
    [
        (replace(ANNE, rights_end_on=date(2026, 3, 1)), "rights-ended"),
        (replace(ANNE, training_until=date(2026, 3, 1)), "training-expired"),
        (replace(ANNE, training_until=None), "training-expired"),
        (replace(ANNE, terms_accepted=False), "terms-not-accepted"),
    ],
)
def test_one_person_ends_alone(person: PersonDates, code: str) -> None:
    actions = due(replace(ACTIVE, people=(ANNE, replace(person, person_id="per-2"))), date(2026, 3, 2))
    assert [(a.kind, a.subject, a.code) for a in actions] == [("end-person", "per-2", code)]


@pytest.mark.parametrize("state", set(State) - {State.ACTIVE, State.SUSPENDED})
def test_nothing_is_due_without_a_place_in_the_world(state: State) -> None:
    assert due(replace(ACTIVE, state=state), date(2030, 1, 1)) == []


@given(st.dates(date(2026, 1, 1), date(2029, 1, 1)), st.sampled_from([State.ACTIVE, State.SUSPENDED]))
def test_an_active_project_is_never_past_its_end(today: date, state: State) -> None:
    kinds = {kind for kind, _ in _kinds(replace(ACTIVE, state=state), today)}
    if today > END and state is State.ACTIVE:
        assert kinds & {"suspend", "close"}
    assert not (today <= END and kinds & {"suspend", "close", "announce"})

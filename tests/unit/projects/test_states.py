"""The table of a project's life: every pair is walked, and the documentation is what the table says."""

from pathlib import Path

import pytest

from tre.core.errors import Conflict, Forbidden
from tre.core.people import Actor, Role, system
from tre.projects.permissions import callers, check_may_use, may
from tre.projects.policies import GUARDS
from tre.projects.states import TRANSITIONS, State, Verb, mermaid, transition

DIAGRAM = Path(__file__).parents[3] / "docs" / "lifecycle.md"
# Written apart from the table on purpose: what design §4 says, state by state.
EXPECTED = {
    State.DRAFT: {"confirm": "authorised", "abandon": "closed"},
    State.AUTHORISED: {"provision": "provisioning", "abandon": "closed"},
    State.PROVISIONING: {"activate": "active", "fail": "failed"},
    State.ACTIVE: {"suspend": "suspended", "announce_closing": "active", "close": "closing"},
    State.SUSPENDED: {"resume": "active", "announce_closing": "suspended", "close": "closing"},
    State.CLOSING: {"destroyed": "closed"},
    State.CLOSED: {"archive": "archived"},
    State.ARCHIVED: {},
    State.FAILED: {"provision": "provisioning", "abandon": "closed"},
}
PEOPLE = {
    Verb.CONFIRM: {"agent", "security-officer"},
    Verb.PROVISION: {"agent"},
    Verb.ACTIVATE: {"worker"},
    Verb.FAIL: {"worker"},
    Verb.SUSPEND: {"agent", "security-officer", "worker"},
    Verb.RESUME: {"agent", "worker"},
    Verb.ANNOUNCE_CLOSING: {"agent", "worker"},
    Verb.CLOSE: {"agent", "worker"},
    Verb.DESTROYED: {"worker"},
    Verb.ARCHIVE: {"agent", "worker"},
    Verb.ABANDON: {"agent"},
}


def _actor(role: str) -> Actor:
    return system("worker") if role == "worker" else Actor("person", "x", "per-1", frozenset({Role(role)}))


@pytest.mark.requirement("1.4.05")
@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("verb", Verb)
def test_every_pair_of_state_and_verb(state: State, verb: Verb) -> None:
    target = EXPECTED[state].get(verb.value)
    if target is None:
        with pytest.raises(Conflict, match="transition-refused"):
            transition(state, verb)
    else:
        assert transition(state, verb).target == target


@pytest.mark.requirement("E10")
@pytest.mark.parametrize("verb", Verb)
@pytest.mark.parametrize("role", [*(role.value for role in Role), "worker"])
def test_who_may_use_each_verb(verb: Verb, role: str) -> None:
    if role in PEOPLE[verb]:
        check_may_use(_actor(role), verb)
    else:
        with pytest.raises(Forbidden, match="role-missing"):
            check_may_use(_actor(role), verb)


def test_no_row_admits_more_than_its_verb() -> None:
    assert all(row.who <= callers(row.verb) for row in TRANSITIONS)
    assert not any(may(Actor("person", "x", "per-1"), row) for row in TRANSITIONS)


def test_every_guard_of_the_table_exists() -> None:
    assert {guard for row in TRANSITIONS for guard in row.guards} <= set(GUARDS)


def test_a_pair_has_one_row() -> None:
    assert len({(row.source, row.verb) for row in TRANSITIONS}) == len(TRANSITIONS)


def test_the_documentation_shows_the_table() -> None:
    assert "\n".join(mermaid()) in DIAGRAM.read_text()

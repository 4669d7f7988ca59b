"""Every pair of state and verb, and the page that is drawn from the tables."""

from pathlib import Path

import pytest

from tre.core.errors import Conflict
from tre.datasets import states as datasets
from tre.egress.document import page
from tre.egress.states import FILE, REQUEST, Table

FINAL = {"released", "rejected", "withdrawn"}
PAIRS = [(table, state, verb) for table in (REQUEST, FILE) for state in table.states for verb in table.verbs]


@pytest.mark.parametrize(("table", "state", "verb"), PAIRS)
def test_every_pair_is_in_the_table_or_refused(table: Table, state: str, verb: str) -> None:
    targets = table.targets(state, verb)
    if targets:
        table.check(state, verb)
        for target in table.states:
            if target in targets:
                assert table.move(state, verb, target) == target
            else:
                with pytest.raises(Conflict):
                    table.move(state, verb, target)
    else:
        with pytest.raises(Conflict) as refused:
            table.check(state, verb)
        assert refused.value.code == f"{table.name}-state"


@pytest.mark.parametrize("table", [REQUEST, FILE])
def test_tables_are_total(table: Table) -> None:
    named = {row.source for row in table.transitions} | {row.target for row in table.transitions}
    assert named == set(table.states)
    reached, todo = set(), {table.initial}
    while todo:
        state = todo.pop()
        reached.add(state)
        todo |= {row.target for row in table.transitions if row.source == state} - reached
    assert reached == set(table.states)


def test_nothing_follows_an_ended_request() -> None:
    assert {state for state in REQUEST.states if not REQUEST.owner[state]} == FINAL
    assert not [row for row in REQUEST.transitions if row.source in FINAL]


def test_only_the_system_releases_and_only_what_is_approved() -> None:
    rows = [row for row in REQUEST.transitions if row.target == "released"]
    assert [(row.source, row.by) for row in rows] == [("approved", "system")]
    assert {row.source for row in REQUEST.transitions if row.target == "approved"} == {"review", "open", "third"}


@pytest.mark.parametrize("table", [datasets.VERSION, datasets.EXTRACT, datasets.ATTACHMENT])
def test_dataset_tables_refuse_what_they_do_not_hold(table: datasets.Table) -> None:
    for state in table.states:
        for verb in table.verbs:
            if (state, verb) in table.arrows:
                assert table.move(state, verb) == table.arrows[state, verb]
            else:
                with pytest.raises(Conflict):
                    table.move(state, verb)


def test_the_documentation_is_drawn_from_the_tables() -> None:
    assert (Path(__file__).parents[3] / "docs" / "export.md").read_text("utf-8") == page()

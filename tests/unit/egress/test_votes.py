"""Votes and eligibility as pure functions: properties that no arrangement of ballots may break."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from tre.egress.eligibility import Block, Disposal, Facts, FileFacts, eligible, may_leave, unanswered
from tre.egress.votes import Ballot, Binding, Decision, Outcome, in_force, next_state, outcome

A, C, R = Decision.APPROVE, Decision.CHANGES, Decision.REJECT
PEOPLE = ("a", "b", "c", "d")
FILE = FileFacts("f", "0" * 64, "now")


def ballot(person: str, decision: Decision, order: int = 0, tie: bool = False) -> Ballot:
    return Ballot("f", person, decision, "now", 1, order, tie)


ballots = st.lists(
    st.builds(
        Ballot,
        file_id=st.sampled_from(["f", "g"]),
        person_id=st.sampled_from(PEOPLE),
        decision=st.sampled_from(list(Decision)),
        binding=st.sampled_from(["now", "before"]),
        round=st.integers(1, 2),
        order=st.integers(0, 50),
        tie_break=st.booleans(),
    ),
    max_size=12,
)


@given(ballots, st.sets(st.sampled_from(PEOPLE)), st.integers(2, 3))
def test_nothing_leaves_without_enough_different_entitled_approvals(
    cast: list[Ballot], barred: set[str], needed: int
) -> None:
    facts = Facts(2, (FILE,), tuple(cast), (), frozenset(barred), needed)
    approving = {b.person_id for b in cast if (b.file_id, b.decision, b.binding) == ("f", A, "now")} - barred
    if eligible(facts):
        assert len(approving) >= needed


@given(ballots)
def test_the_last_word_of_a_person_counts(cast: list[Ballot]) -> None:
    ordered = [replace(b, order=n) for n, b in enumerate(cast)]
    for person, counted in in_force(ordered, "f", "now", 2).items():
        assert counted is [b for b in ordered if (b.file_id, b.person_id) == ("f", person)][-1]


def test_refusals_lapse_with_their_round_and_approvals_do_not() -> None:
    cast = [ballot("a", A), ballot("b", C)]
    assert set(in_force(cast, "f", "now", 2)) == {"a"}


def test_outcomes() -> None:
    table = [
        ([], Outcome.INCOMPLETE),
        ([ballot("a", A)], Outcome.INCOMPLETE),
        ([ballot("a", A), ballot("b", A)], Outcome.APPROVED),
        ([ballot("a", C), ballot("b", C)], Outcome.CHANGES),
        ([ballot("a", R), ballot("b", R)], Outcome.REJECTED),
        ([ballot("a", A), ballot("b", R)], Outcome.CONFLICT),
        ([ballot("a", A), ballot("b", R), ballot("c", A, tie=True)], Outcome.APPROVED),
        ([ballot("a", A), ballot("b", R), ballot("c", R, tie=True)], Outcome.REJECTED),
        ([ballot("a", C), ballot("b", R), ballot("c", A, tie=True)], Outcome.CHANGES),
        ([ballot("a", A), ballot("c", A, tie=True)], Outcome.INCOMPLETE),
    ]
    for cast, expected in table:
        assert outcome({b.person_id: b for b in cast}, 2) is expected


def test_a_request_moves_only_when_all_its_files_are_settled() -> None:
    o = Outcome
    assert next_state([]) is None
    assert next_state([o.APPROVED, o.INCOMPLETE]) is None
    assert next_state([o.APPROVED, o.CONFLICT]) is None
    assert next_state([o.APPROVED, o.CHANGES]) == "returned"
    assert next_state([o.APPROVED, o.REJECTED]) == "approved"
    assert next_state([o.REJECTED]) == "rejected"


def test_the_binding_changes_with_each_of_the_four() -> None:
    base = Binding("s", "c", "p", "f")
    others = [replace(base, **{name: "x"}) for name in ("sha256", "context", "policy", "findings")]
    assert len({base.digest, *(other.digest for other in others)}) == 5


def test_a_block_needs_the_answer_of_each_approver_and_sometimes_of_the_officer() -> None:
    frq, ident = Block("1", "FRQ-01"), Block("2", "ID-01")
    file = replace(FILE, blocks=(frq, ident))
    cast = (ballot("a", A), ballot("b", A))
    said = [Disposal("f", person, mark, "now") for person in "ab" for mark in "12"]
    officer = Disposal("f", "s", "2", "now", officer=True)
    facts = Facts(1, (file,), cast, (*said, officer))
    assert may_leave(facts, file)
    for missing in (*said, officer):
        left = tuple(d for d in (*said, officer) if d is not missing)
        assert not may_leave(replace(facts, disposals=left), file)
    stale = tuple(replace(d, binding="before") for d in said)
    assert unanswered(file, stale, "ab") == [frq, ident]

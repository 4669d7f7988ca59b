"""A round asks storage about a few projects; every project has its turn."""

from hypothesis import given
from hypothesis import strategies as st

from tre.worker.process import Rotation


@given(st.integers(1, 20), st.integers(0, 60))
def test_everybody_has_a_turn_and_no_round_takes_more(size: int, count: int) -> None:
    names = [f"p{number:03}" for number in range(count)]
    rotation = Rotation(size)
    rounds = [rotation.take(names) for _ in range(-(-count // size) + 1)]
    assert frozenset().union(*rounds) == frozenset(names)
    assert all(len(taken) <= size for taken in rounds)

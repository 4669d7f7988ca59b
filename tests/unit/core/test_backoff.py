"""Delays after failures."""

from tre.core.backoff import Backoff


def test_delays_double_up_to_the_most_and_end_with_success() -> None:
    now = [0.0]
    backoff = Backoff(first=2, most=5, now=lambda: now[0])
    assert backoff.ready("a")
    waits = []
    for _ in range(4):
        backoff.failed("a")
        start = now[0]
        while not backoff.ready("a"):
            now[0] += 1
        waits.append(now[0] - start)
    assert waits == [2, 4, 5, 5]
    assert backoff.ready("b")
    backoff.failed("a")
    backoff.done("a")
    assert backoff.ready("a")

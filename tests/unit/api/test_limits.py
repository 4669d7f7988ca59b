"""Token buckets."""

from tre.api.limits import Buckets, Rate


def test_burst_then_refill_then_refusal() -> None:
    buckets = Buckets(Rate(3, 1))
    assert [buckets.take("a", 0) for _ in range(3)] == [0, 0, 0]
    assert buckets.take("a", 0) == 1
    assert buckets.take("b", 0) == 0
    assert buckets.take("a", 1.5) == 0
    assert buckets.take("a", 1.5) == 0.5

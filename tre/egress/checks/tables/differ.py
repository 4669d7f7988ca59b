"""Differences between count tables that share cells (rules DIF-01, DIF-02)."""

from collections.abc import Mapping
from dataclasses import dataclass

_SHARED_SHARE = 0.8  # of the smaller table: unrelated tables share a few labels by chance
_SHARED_CELLS = 3


@dataclass(frozen=True)
class Difference:
    """What two tables with shared cells differ by."""

    shared: int
    small: int  # cells with 0 < |difference| < threshold
    nested: bool  # one table is everywhere at least the other


def difference(
    one: Mapping[str, float], other: Mapping[str, float], threshold: int, same_shape: bool
) -> Difference | None:
    """None when the tables do not speak of the same cells."""
    shared = one.keys() & other.keys()
    enough = len(shared) >= _SHARED_CELLS and len(shared) >= _SHARED_SHARE * min(len(one), len(other))
    if not shared or not (enough or same_shape):
        return None
    gaps = [one[key] - other[key] for key in shared]
    small = sum(0 < abs(gap) < threshold for gap in gaps)
    nested = all(gap >= 0 for gap in gaps) or all(gap <= 0 for gap in gaps)
    return Difference(len(shared), small, nested and any(gaps))


def tells_nothing(base_one: int, base_other: int) -> bool:
    """Whether both tables are rounded so that their difference is no count."""
    return min(base_one, base_other) >= 5

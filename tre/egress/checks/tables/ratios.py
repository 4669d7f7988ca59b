"""Denominators hidden in ratios (rule FRQ-03; facts §4 A: a table cleared by two people gave back 577 denominators of 600)."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

_MAX_N = 4_000
_SHARE = 0.85
_CHANCE = 1e-6
_MIN_DISTINCT = 5
_MAX_RATIOS = 150  # more add nothing to the proof, and cost


@dataclass(frozen=True)
class Ratio:
    """A proportion in 0..1 and half a unit of its last printed digit."""

    value: float
    half: float


def denominator(ratios: Sequence[Ratio]) -> int | None:
    """The smallest N of which (nearly) all ratios are k/N within rounding, when chance does not explain it.

    Chance: N * P(Binomial(m, p) >= hits) < 1e-6, where p is the probability that a random ratio is that close to some k/N.
    """
    import numpy  # noqa: PLC0415

    distinct = list({ratio.value: ratio for ratio in ratios if 0 < ratio.value < 1}.values())
    if len(distinct) < _MIN_DISTINCT:
        return None
    distinct = sorted(distinct, key=lambda ratio: ratio.value)[:: max(1, len(distinct) // _MAX_RATIOS)]
    values = numpy.array([ratio.value for ratio in distinct])
    half = float(max(ratio.half for ratio in distinct))
    limit = min(_MAX_N, int(0.2 / half) if half > 0 else _MAX_N)
    if limit < 2:
        return None
    candidates = numpy.arange(2, limit + 1)
    products = values[None, :] * candidates[:, None]
    tolerance = numpy.maximum(candidates * half, 1e-9)[:, None]
    hits = (numpy.abs(products - numpy.round(products)) <= tolerance * (1 + 1e-9)).sum(axis=1)
    for index in numpy.flatnonzero(hits >= _SHARE * len(distinct)):
        n = int(candidates[index])
        if n * _tail(len(distinct), int(hits[index]), min(1.0, 2 * max(n * half, 1e-9))) < _CHANCE:
            return n
    return None


def _tail(trials: int, hits: int, probability: float) -> float:
    """P(Binomial(trials, probability) >= hits)."""
    if probability >= 1:
        return 1.0
    logs = [
        math.lgamma(trials + 1)
        - math.lgamma(k + 1)
        - math.lgamma(trials - k + 1)
        + k * math.log(probability)
        + (trials - k) * math.log1p(-probability)
        for k in range(hits, trials + 1)
    ]
    return sum(math.exp(value) for value in logs)

"""POS-01: percentiles with too few people beyond them."""

import re
from collections.abc import Iterator

from tre.egress.checks.buckets import bucket
from tre.egress.checks.model import Hit, Severity
from tre.egress.checks.parts import Table
from tre.egress.checks.rule import Rule, Scene
from tre.egress.checks.tables.cells import Kind
from tre.egress.checks.tables.frame import Role, frame_of
from tre.egress.checks.tables.lexicon import tokens
from tre.egress.checks.words import Words

_PERCENTILE = re.compile(r"^p?(\d{1,2})(?:th|e|eme|pct)?$")
_NAMED = {"median": 0.5, "mediane": 0.5, "med": 0.5, "q1": 0.25, "q3": 0.75, "iqr": 0.25}


def scan(part: Table, scene: Scene) -> Iterator[Hit]:
    """n * min(p, 1 - p) under the threshold, n being the only count on the row."""
    frame = frame_of(part, scene.policy)
    counts = frame.of(Role.COUNT)
    cells = []
    for column in frame.of(Role.POSITION):
        share = percentile(column.name)
        for row, cell in enumerate(column.cells):
            sizes = [c.cells[row].value for c in counts if c.cells[row].kind is Kind.NUMBER]
            if (
                share
                and cell.kind is not Kind.EMPTY
                and sizes
                and 0 < max(sizes) * min(share, 1 - share) < scene.policy.threshold
            ):
                cells.append((row, column.index))
    if cells:
        words = Words(
            f"{bucket(len(cells))} quantile(s) avec trop peu de personnes au-delà.",
            f"{bucket(len(cells))} percentile(s) with too few people beyond.",
        )
        yield Hit(words, location=frame.place(cells))


def percentile(name: str) -> float | None:
    """The share that a header names, or None."""
    for token in tokens(name):
        if token in _NAMED:
            return _NAMED[token]
        match = _PERCENTILE.match(token)
        if match and 0 < int(match[1]) < 100 and token[0] == "p":
            return int(match[1]) / 100
    return None


RULE = Rule(
    id="POS-01",
    version=1,
    statbarn="Position",
    severity=Severity.REVIEW,
    title=Words("Quantile d'un petit groupe", "Percentile of a small group"),
    explanation=Words(
        "Un quantile sur peu de personnes est la valeur de l'une d'elles.",
        "A percentile over few people is the value of one of them.",
    ),
    mend=Words("Retirez les quantiles extrêmes, ou regroupez.", "Drop extreme percentiles, or merge groups."),
    sources=("ABS DataLab, minimum contributors; the formula is the product's own",),
    scan=scan,
    parts=(Table,),
)

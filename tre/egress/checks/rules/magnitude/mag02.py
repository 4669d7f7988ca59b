"""MAG-02: dominance, when the table or its control file shows the largest contributions."""

from collections.abc import Iterator

from tre.egress.checks.buckets import bucket
from tre.egress.checks.model import Hit, Severity
from tre.egress.checks.parts import Table
from tre.egress.checks.policy import Policy
from tre.egress.checks.rule import Rule, Scene
from tre.egress.checks.tables.cells import Kind
from tre.egress.checks.tables.frame import Column, Frame, frame_of
from tre.egress.checks.tables.lexicon import tokens
from tre.egress.checks.words import Words

_TOTAL = frozenset(("tot", "total", "sum", "somme", "montant"))
_LARGEST = frozenset(("max", "maximum", "max1", "largest", "x1", "top1"))
_SECOND = frozenset(("max2", "second", "x2", "top2"))
_MEANS = frozenset(("mean", "moyenne", "median", "min"))


def scan(part: Table, scene: Scene) -> Iterator[Hit]:
    """Largest share, (n, k) with two contributors, and the p % rule."""
    frame = frame_of(part, scene.policy)
    total, largest, second = (_column(frame, words) for words in (_TOTAL, _LARGEST, _SECOND))
    if total is None or largest is None or _column(frame, _MEANS) is not None:
        return
    rows = [row for row in range(frame.height) if _dominated(row, total, largest, second, scene.policy)]
    if rows:
        words = Words(
            f"{bucket(len(rows))} case(s) dominée(s) par un ou deux contributeurs.",
            f"{bucket(len(rows))} cell(s) dominated by one or two contributors.",
        )
        yield Hit(words, location=frame.place([(row, total.index) for row in rows]))


def _column(frame: Frame, words: frozenset[str]) -> Column | None:
    return next((column for column in frame.columns if words & set(tokens(column.name)) and column.numbers()), None)


def _dominated(row: int, total: Column, largest: Column, second: Column | None, policy: Policy) -> bool:
    x, x1 = total.cells[row], largest.cells[row]
    if x.kind is not Kind.NUMBER or x1.kind is not Kind.NUMBER or x.value <= 0 or x1.value > x.value:
        return False
    rules = policy.dominance
    if x1.value >= rules.max_share * x.value:
        return True
    if second is None or second.cells[row].kind is not Kind.NUMBER:
        return False
    x2 = second.cells[row].value
    if any(n == 2 and x1.value + x2 >= k * x.value for n, k in rules.nk):
        return True
    return x.value - x1.value - x2 < rules.p_percent / 100 * x1.value


RULE = Rule(
    id="MAG-02",
    version=1,
    statbarn="LinearAggregations",
    severity=Severity.BLOCK,
    title=Words("Contributeur dominant", "Dominant contributor"),
    explanation=Words(
        "Un contributeur qui fait presque tout le total y lit celui des autres, et chacun le sien.",
        "A contributor who makes nearly all of a total gives itself away.",
    ),
    mend=Words(
        "Regroupez la case, ou masquez-la avec une seconde.", "Merge the cell, or suppress it with a second one."
    ),
    sources=("INSEE, 85 %", "ABS DataLab (2, 67)", "Handbook on SDC 4.2, p % rule"),
    scan=scan,
    parts=(Table,),
    sees="only when the largest contributions are in the table or its control file (N_OBS, TOT, MAX), or in acro's masks",
)

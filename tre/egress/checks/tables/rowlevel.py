"""Whether a table lists people rather than groups (rules MIC-02, MIC-05).

An aggregated table has a key: its label columns name each row once, and the rest are statistics. A table of people has
attributes: columns whose combinations repeat or are unique by chance, no statistic, often a number for each person.
"""
# ruff: noqa: SIM905

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from tre.egress.checks.ident.columns import flat_name
from tre.egress.checks.ident.snds import PATIENT_NUMBERS
from tre.egress.checks.policy import Policy
from tre.egress.checks.tables.cells import Kind
from tre.egress.checks.tables.frame import STATISTICS, Column, Frame, Role
from tre.egress.checks.tables.lexicon import ID_WORDS, PERSON, has, tokens

_CODES = frozenset(
    (
        "code codes snomed snomedct ctv3 icd icd10 cim cim10 ccam ghm atc bnf dmd term terms description libelle "
        "label name category cat type"
    ).split()
)


@dataclass(frozen=True)
class RowLevel:
    """What was measured. ``level``: 2 certainly people, 1 perhaps, 0 no."""

    level: int
    rows: int = 0
    why: str = ""
    columns: tuple[int, ...] = ()


_NO = RowLevel(0)
_NUMBERED = frozenset("obsno obs case record row number no num".split())
# What tables of results run along.
_AXES = frozenset(
    "time temps t date day jour week semaine month mois year annee x dose threshold seuil cutoff lag bin step interval age fpr tpr quantile".split()
)


@lru_cache(maxsize=64)
def row_level(frame: Frame, policy: Policy) -> RowLevel:
    """Test a frame; needs no minimum of rows itself (rules apply theirs)."""
    del policy
    if frame.height < 5:
        return _NO
    numbered = [column for column in frame.columns if _patient_number(column)]
    attributes = _attributes(frame)
    if numbered and (attributes or _distinct(numbered[0]) > 0.5):
        return RowLevel(2, frame.height, "patient-number", (numbered[0].index,))
    if _proved_counts(frame) or _statistics(frame) or len(attributes) < 2 or _reference(frame, attributes):
        return _NO
    level = _by_attributes(frame, attributes)
    return (
        RowLevel(level, frame.height, "attributes", tuple(column.index for column in attributes[:10])) if level else _NO
    )


def _proved_counts(frame: Frame) -> bool:
    """Counts that arithmetic proves, or that a header of their own names."""
    for column in frame.of(Role.COUNT):
        if {"companion", "sums", "composite", "denominator"} & set(column.why):
            return True
        if "header" in column.why and not has(column.name, PERSON | _NUMBERED) and is_keyed(frame):
            return True
    return 0 < frame.row_roles.count(Role.COUNT) <= max(2, frame.height // 20)


def _by_attributes(frame: Frame, attributes: list[Column]) -> int:
    """How surely rows are people: attributes of a person, and no set of labels that names each row once."""
    categories = [column for column in attributes if _categorical(column)]
    measures = [column for column in attributes if column not in categories]
    persons = sum(has(column.name, PERSON) for column in attributes)
    named = any("header" in column.why for column in frame.of(Role.COUNT))
    if _keyed(frame, categories, measures):
        return 1 if persons >= 3 and len(measures) >= 2 and not named else 0
    if persons >= 2:
        return 2
    if named:
        return 0
    if len(attributes) >= 4 or (categories and measures and len(attributes) >= 3):
        return 2
    return 1 if len(attributes) >= 3 else 0


@lru_cache(maxsize=64)
def is_keyed(frame: Frame) -> bool:
    """Whether labels name each row once: the mark of an aggregated table."""
    attributes = _attributes(frame)
    categories = [column for column in attributes if _categorical(column)]
    return _keyed(frame, categories, [column for column in attributes if column not in categories])


def _categorical(column: Column) -> bool:
    """Text, dates, years, or a few whole codes that repeat."""
    if column.role in (Role.LABEL, Role.DATE, Role.YEAR, Role.CODE):
        return True
    numbers = column.numbers()
    return bool(numbers) and all(n.is_integer() for n in numbers) and len(set(numbers)) <= min(12, len(numbers) // 4)


def _keyed(frame: Frame, categories: list[Column], measures: list[Column]) -> bool:
    """Whether labels, alone or with a column that runs upwards within them (time, dose, threshold), name each row once."""
    labels = categories[:6]
    groups = [tuple(column.texts[row] for column in labels) for row in range(frame.height)]
    if labels and len(set(groups)) >= 0.98 * frame.height:
        return True
    axes = [column for column in measures[:4] if has(column.name, _AXES) or len(set(groups)) > 1]
    return any(_runs_upwards(column, groups) for column in axes)


def _runs_upwards(column: Column, groups: list[tuple[str, ...]]) -> bool:
    last: dict[tuple[str, ...], float] = {}
    for group, cell in zip(groups, column.cells, strict=True):
        if cell.kind is not Kind.NUMBER or (group in last and cell.value <= last[group]):
            return False
        last[group] = cell.value
    return len(last) < len(groups) / 3


def is_row_level(frame: Frame, policy: Policy) -> bool:
    """Whether MIC-02 blocks this frame."""
    result = row_level(frame, policy)
    return result.level == 2 and result.rows >= 50


def _statistics(frame: Frame) -> bool:
    """Columns that name statistics: an estimate, a rate, a mean. One may be an attribute ("risk score"); most may not."""
    stats = [column for column in frame.of(*STATISTICS)]
    others = [column for column in frame.columns if column.role not in (*STATISTICS, Role.EMPTY)]
    clear = [
        column for column in stats if column.role in (Role.PERCENT, Role.RATE, Role.ESTIMATE, Role.MEAN, Role.SPREAD)
    ]
    return len(clear) >= 2 or (len(stats) >= 1 and len(stats) >= len(others) - 1)


def _attributes(frame: Frame) -> list[Column]:
    usable = (
        Role.COUNT,
        Role.LABEL,
        Role.NUMBER,
        Role.MAYBE,
        Role.DATE,
        Role.CODE,
        Role.YEAR,
        Role.EXTREME,
        Role.POSITION,
        Role.RATE,
        Role.MEAN,
    )
    return [
        column
        for column in frame.columns
        if column.role in usable and not _index(column) and len(set(column.texts)) > 1
    ]


def _index(column: Column) -> bool:
    """A row number: 1, 2, 3 ... in one of the first columns, or increasing numbers without a name."""
    if column.index > 1 or len(column.cells) < 3:
        return False
    values = [cell.value for cell in column.cells if cell.kind is Kind.NUMBER]
    if len(values) != len(column.cells) or not all(value.is_integer() for value in values):
        return False
    steps = [b - a for a, b in pairwise(values)]
    unnamed = not column.name.strip()
    return (
        all(step > 0 for step in steps)
        and (unnamed or sum(step == 1 for step in steps) >= 0.9 * len(steps))
        and (unnamed or not has(column.name, _AXES))
    )


def _patient_number(column: Column) -> bool:
    name = flat_name(column.name)
    if name in PATIENT_NUMBERS:
        return _distinct(column) > 0.02
    words = set(tokens(column.name))
    return bool(words & ID_WORDS) and bool(
        words & {"patient", "pat", "subject", "sujet", "person", "participant", "beneficiaire", "case"}
    )


def _distinct(column: Column) -> float:
    texts = [text for text in column.texts if text.strip()]
    return len(set(texts)) / len(texts) if texts else 0.0


def _reference(frame: Frame, attributes: list[Column]) -> bool:
    """A list of codes or names: a unique text key, and nothing measured on a person beside it."""
    words = [column for column in frame.columns if has(column.name, _CODES)]
    measured = [
        column for column in attributes if column.role in (Role.NUMBER, Role.DATE) and not has(column.name, _CODES)
    ]
    keys = [
        column
        for column in frame.columns
        if column.role in (Role.LABEL, Role.CODE, Role.ID) and _distinct(column) >= 0.9
    ]
    return bool(keys) and bool(words) and len(measured) <= 1

"""Whether a table lists people rather than groups (rules MIC-02, MIC-05).

An aggregated table has a key: its label columns name each row once, and the rest are statistics. A table of people has
attributes: columns whose combinations repeat or are unique by chance, no statistic, often a number for each person.
"""

from collections import Counter
from dataclasses import dataclass

from tre.egress.checks.ident.columns import flat_name
from tre.egress.checks.ident.snds import PATIENT_NUMBERS
from tre.egress.checks.policy import Policy
from tre.egress.checks.tables.cells import Kind
from tre.egress.checks.tables.frame import STATISTICS, Column, Frame, Role
from tre.egress.checks.tables.lexicon import ID_WORDS, PERSON, has, tokens

_CARDINALITY = 7  # low-cardinality columns looked at, at most
_UNIQUE = 0.95
_SINGLETONS = 0.05
_CODES = frozenset("code codes snomed snomedct ctv3 icd icd10 cim cim10 ccam ghm atc bnf dmd term terms description libelle label name category cat type".split())


@dataclass(frozen=True)
class RowLevel:
    """What was measured. ``level``: 2 certainly people, 1 perhaps, 0 no."""

    level: int
    rows: int = 0
    why: str = ""
    columns: tuple[int, ...] = ()


_NO = RowLevel(0)


def row_level(frame: Frame, policy: Policy) -> RowLevel:
    """Test a frame; needs no minimum of rows itself (rules apply theirs)."""
    del policy
    height = frame.height
    if height < 5 or frame.of(Role.COUNT) or _statistics(frame):
        return _NO
    attributes = _attributes(frame)
    numbered = [column for column in frame.columns if _patient_number(column)]
    if numbered and (len(attributes) >= 1 or _distinct(numbered[0]) > 0.5):
        return RowLevel(2, height, "patient-number", (numbered[0].index,))
    if len(attributes) < 2 or _reference(frame, attributes):
        return _NO
    if frame.of(Role.MAYBE) and len(attributes) < 4:
        return _NO
    unique = [c for c in attributes if c.role not in (Role.LABEL, Role.YEAR) and _distinct(c) >= _UNIQUE and not _index(c)]
    persons = sum(has(column.name, PERSON) for column in frame.columns)
    low = sorted(attributes, key=lambda c: len(set(c.texts)))[:_CARDINALITY]
    low = [column for column in low if len(set(column.texts)) <= max(20, height // 4)]
    singles, groups = _singletons(low, height)
    repeated = groups < 0.9 * height
    if persons >= 2 and (unique or singles > _SINGLETONS) and (repeated or len(attributes) >= 4):
        return RowLevel(2, height, "attributes", tuple(column.index for column in attributes[:10]))
    if len(attributes) >= 3 and repeated and (unique or singles > _SINGLETONS):
        return RowLevel(2 if len(attributes) >= 4 else 1, height, "attributes", tuple(column.index for column in attributes[:10]))
    if len(attributes) >= 5 and unique and not _key(frame):
        return RowLevel(1, height, "unique", tuple(column.index for column in unique[:10]))
    return _NO


def is_row_level(frame: Frame, policy: Policy) -> bool:
    """Whether MIC-02 blocks this frame."""
    result = row_level(frame, policy)
    return result.level == 2 and result.rows >= 50


def _statistics(frame: Frame) -> bool:
    """Columns that name statistics: an estimate, a rate, a mean. One may be an attribute ("risk score"); most may not."""
    stats = [column for column in frame.of(*STATISTICS)]
    others = [column for column in frame.columns if column.role not in (*STATISTICS, Role.EMPTY)]
    clear = [column for column in stats if column.role in (Role.PERCENT, Role.RATE, Role.ESTIMATE, Role.MEAN, Role.SPREAD)]
    return len(clear) >= 2 or (len(stats) >= 1 and len(stats) >= len(others) - 1)


def _attributes(frame: Frame) -> list[Column]:
    usable = (Role.LABEL, Role.NUMBER, Role.MAYBE, Role.DATE, Role.CODE, Role.YEAR, Role.EXTREME, Role.POSITION, Role.RATE, Role.MEAN)
    return [column for column in frame.columns if column.role in usable and not _index(column) and len(set(column.texts)) > 1]


def _index(column: Column) -> bool:
    """A row number: 1, 2, 3 ... in the first column."""
    if column.index > 0 or len(column.cells) < 3:
        return False
    values = [cell.value for cell in column.cells if cell.kind is Kind.NUMBER]
    return len(values) == len(column.cells) and all(b - a == 1 for a, b in zip(values, values[1:], strict=False))


def _patient_number(column: Column) -> bool:
    name = flat_name(column.name)
    if name in PATIENT_NUMBERS:
        return _distinct(column) > 0.02
    words = set(tokens(column.name))
    return bool(words & ID_WORDS) and bool(words & {"patient", "pat", "subject", "sujet", "person", "participant", "beneficiaire", "case"})


def _distinct(column: Column) -> float:
    texts = [text for text in column.texts if text.strip()]
    return len(set(texts)) / len(texts) if texts else 0.0


def _reference(frame: Frame, attributes: list[Column]) -> bool:
    """A list of codes or names: a unique text key, and nothing measured on a person beside it."""
    words = [column for column in frame.columns if has(column.name, _CODES)]
    measured = [column for column in attributes if column.role in (Role.NUMBER, Role.DATE) and not has(column.name, _CODES)]
    keys = [column for column in frame.columns if column.role in (Role.LABEL, Role.CODE, Role.ID) and _distinct(column) >= 0.9]
    return bool(keys) and bool(words) and len(measured) <= 1


def _key(frame: Frame) -> bool:
    """Label columns whose combination names each row once."""
    labels = [column for column in frame.labels if len(set(column.texts)) > 1][:6]
    if not labels:
        return False
    combinations = {tuple(column.texts[row] for column in labels) for row in range(frame.height)}
    return len(combinations) >= 0.98 * frame.height


def _singletons(columns: list[Column], height: int) -> tuple[float, int]:
    """Share of rows alone in their combination, and the number of combinations."""
    if not columns:
        return 0.0, height
    groups = Counter(tuple(column.texts[row] for column in columns) for row in range(height))
    return sum(1 for size in groups.values() if size == 1) / max(height, 1), len(groups)

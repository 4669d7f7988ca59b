"""Role inference: which columns and rows are counts (facts: "the precision problem").

A column is a count when two points of evidence agree: its header (a clear word is worth two), "n (%)" composites, sums to a
margin, a companion percentage, many large whole numbers, a pure whole-number cross-tabulation. Labels, years, ages,
codes and identifiers never are. One point alone is "maybe", which rules turn into review, not block.
"""
# ruff: noqa: SIM905

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from tre.egress.checks.policy import Policy
from tre.egress.checks.tables.cells import Cell, Kind
from tre.egress.checks.tables.evidence import (
    companion,
    composite_share,
    grid_is_large,
    grid_of_integers,
    large_integers,
    sums_to_total,
)
from tre.egress.checks.tables.frame import STATISTICS, Column, Frame, Role
from tre.egress.checks.tables.lexicon import (
    COUNT,
    ESTIMATE,
    EXTREME,
    ID_WORDS,
    MEAN,
    PERCENT,
    POSITION,
    RATE,
    SPREAD,
    YEAR,
    has,
    not_count,
    says_count,
    says_total,
    tokens,
)
from tre.egress.checks.tables.rounding import hinted_base, rounding_base

_BY_WORD = (
    (PERCENT, Role.PERCENT),
    (POSITION, Role.POSITION),
    (EXTREME, Role.EXTREME),
    (MEAN, Role.MEAN),
    (SPREAD, Role.SPREAD),
    (RATE, Role.RATE),
    (ESTIMATE, Role.ESTIMATE),
)
_BOUNDS = frozenset(("lci", "uci", "lcl", "ucl", "ci", "ic", "conf"))
_CODE_WORDS = frozenset(
    (
        "code codes cim icd icd10 ccam ghm atc snomed ucd cip cis insee siret finess naf nuts iso index idx rank rang"
    ).split()
)


def with_roles(frame: Frame, policy: Policy) -> Frame:
    """``frame`` with roles for columns and rows, margins and rounding."""
    columns = tuple(_first_role(column, frame) for column in frame.columns)
    frame = replace(frame, columns=columns)
    frame = replace(frame, row_roles=_row_roles(frame), total_rows=_total_rows(frame))
    grid = grid_of_integers(frame)
    large = grid and grid_is_large(frame)
    columns = tuple(_counted(column, frame, policy, 1 + large if grid else 0) for column in frame.columns)
    frame = replace(frame, columns=columns)
    return replace(frame, columns=_rounded(frame))


def statistic_named(text: str) -> Role | None:
    """The statistic that a header or row label names, or None."""
    words = tokens(text)
    if not words or says_count(text) == 2:
        return None
    if "%" in words and {"lower", "upper", "low", "high"} & set(words):
        return Role.ESTIMATE
    if not _BOUNDS.isdisjoint(words):
        return Role.ESTIMATE
    for lexicon, role in _BY_WORD:
        if not lexicon.isdisjoint(words):
            return role
    return Role.ESTIMATE if words[0] in ("or", "b") and len(words) <= 2 and len(text.strip()) > 1 else None


def _first_role(column: Column, frame: Frame) -> Column:  # noqa: PLR0911
    kinds = Counter(cell.kind for cell in column.cells)
    filled = len(column.cells) - kinds[Kind.EMPTY]
    if not filled:
        return replace(column, role=Role.EMPTY)
    if kinds[Kind.DATE] > 0.6 * filled:
        return replace(column, role=Role.DATE)
    suppressed = kinds[Kind.SUPPRESSED]
    if kinds[Kind.TEXT] > 0.5 * (filled - suppressed) and kinds[Kind.TEXT] > 0:
        return replace(column, role=Role.ID if _opaque(column) else Role.LABEL)
    if column.index == 0 and kinds[Kind.TEXT] and _codes_under_titles(column, frame):
        return replace(column, role=Role.LABEL)
    if _bands(column) and any(_has_numbers(other) for other in frame.columns[column.index + 1 : column.index + 40]):
        return replace(column, role=Role.LABEL)
    if kinds[Kind.INTERVAL] > 0.5 * (filled - suppressed):
        return replace(column, role=Role.LABEL if column.index == 0 else Role.ESTIMATE)
    return replace(column, role=_numeric_role(column, frame))


_BAND = re.compile(r"^[<>≥≤]?=?\s*\d{1,3}\s*(?:(?:-|–|to|à)\s*\d{1,3}|\+|ans|years)?\s*\+?$")


def _bands(column: Column) -> bool:
    """Bands such as "0", "1-2", "3-4", "5+", and nothing else."""
    texts = [text.strip() for text in column.texts if text.strip()]
    ranged = sum("-" in text or "+" in text or "–" in text or " to " in text for text in texts)
    return ranged >= 0.3 * len(texts) and all(_BAND.match(text) for text in texts)


def _codes_under_titles(column: Column, frame: Frame) -> bool:
    """Category codes under the names of their variables: "Male", 0, 1, "Smoking", 1, 2, 3."""
    small = all(number.is_integer() and 0 <= number <= 120 for number in column.numbers())
    return small and any(_has_numbers(other) for other in frame.columns[1:])


def _numeric_role(column: Column, frame: Frame) -> Role:  # noqa: PLR0911
    if column.name and (words := set(tokens(column.name))):
        if not ID_WORDS.isdisjoint(words):
            return Role.ID
        if not _CODE_WORDS.isdisjoint(words) and not says_count(column.name):
            return Role.CODE
    named = statistic_named(column.name)
    if named is not None and not (column.index == 0 and _keys(column)):
        return named
    numbers = [cell for cell in column.cells if cell.kind in (Kind.NUMBER, Kind.PAIR)]
    if numbers and all(cell.percent or (cell.kind is Kind.NUMBER and cell.percent) for cell in numbers):
        return Role.PERCENT
    if _years(column):
        return Role.YEAR
    if says_count(column.name) == 0 and _label_like(column, frame):
        return Role.LABEL
    return Role.NUMBER


def _years(column: Column) -> bool:
    texts = [text.strip().strip('"') for text in column.texts if text.strip()]
    return bool(texts) and all(YEAR.match(text) for text in texts) and says_count(column.name) < 2


def _label_like(column: Column, frame: Frame) -> bool:
    """A leading numeric column that only names rows: an index, ages, bins, or a repeated category code."""
    before = frame.columns[max(column.index - 8, 0) : column.index]
    numbers = column.numbers()
    if len(numbers) < 2 or len(numbers) < 0.8 * sum(cell.kind is not Kind.EMPTY for cell in column.cells):
        return False
    later = any(_has_numbers(other) for other in frame.columns[column.index + 1 : column.index + 40])
    if not later or any(_has_numbers(other) and not _keys(other) and not _category(other) for other in before):
        return False
    if not column.name.strip():
        codes = (
            column.index == 1 and not _has_numbers(before[-1]) and all(n.is_integer() and 0 <= n <= 40 for n in numbers)
        )
        return codes or (column.index == 0 and _keys(column))
    words = tokens(column.name)
    named_other = not_count(words)
    return (_keys(column) and column.index == 0) or (
        _category(column) and (named_other or says_count(column.name) == 0)
    )


def _has_numbers(column: Column) -> bool:
    return any(cell.kind in (Kind.NUMBER, Kind.PAIR) for cell in column.cells)


def _keys(column: Column) -> bool:
    """Strictly increasing whole numbers with even steps: an index or bins."""
    numbers = column.numbers()
    if len(numbers) < 3 or not all(number.is_integer() for number in numbers):
        return False
    steps = {b - a for a, b in pairwise(numbers)}
    return all(step > 0 for step in steps) and len(steps) <= 2


def _category(column: Column) -> bool:
    """Few whole codes, each on several rows."""
    numbers = column.numbers()
    counts = Counter(numbers)
    return (
        len(numbers) >= 4 and len(counts) <= 0.5 * len(numbers) and all(n.is_integer() and 0 <= n <= 40 for n in counts)
    )


def _opaque(column: Column) -> bool:
    texts = [text.strip() for text in column.texts if text.strip()]
    long = [text for text in texts if len(text) >= 12 and " " not in text and any(c.isdigit() for c in text)]
    return len(texts) >= 3 and len(long) > 0.9 * len(texts) and len(set(long)) > 0.9 * len(long)


def _row_roles(frame: Frame) -> tuple[Role | None, ...]:
    """Rows whose label names a statistic ("Mean age", "N", "Median [IQR]"), for tables that run downwards."""
    labels = [column for column in frame.columns if column.role is Role.LABEL][:3]
    roles: list[Role | None] = []
    for row in range(frame.height):
        text = " ".join(column.texts[row] for column in labels)
        named = statistic_named(text)
        if named is Role.ESTIMATE and not _clear_estimate(text):
            named = None
        pair = any(column.cells[row].kind is Kind.PAIR for column in frame.columns)
        if named is Role.PERCENT and pair:  # "sex = F (%)" over "12 (3.4)": counts with their percentages
            named = Role.COUNT
        if named is None and says_count(text) == 2 and len(tokens(text)) <= 4 and not _has_interval(frame, row):
            named = Role.COUNT
        roles.append(named)
    return tuple(roles)


def _has_interval(frame: Frame, row: int) -> bool:
    """A confidence interval on the row: the label names a variable of a model, not a count."""
    return any(column.cells[row].kind is Kind.INTERVAL for column in frame.columns if column.role is not Role.LABEL)


def _clear_estimate(text: str) -> bool:
    words = set(tokens(text))
    return (
        bool(
            words
            & {
                "hr",
                "rr",
                "irr",
                "p",
                "pvalue",
                "ci",
                "coef",
                "coefficient",
                "beta",
                "se",
                "odds",
                "hazard",
                "aic",
                "bic",
                "r2",
                "auc",
            }
        )
        and len(words) <= 5
    )


def _total_rows(frame: Frame) -> tuple[bool, ...]:
    """Rows labelled as totals, plus a last row that is the sum of all others in every whole-number column."""
    flags = list(frame.total_rows)
    if flags and not any(flags) and frame.height >= 4:
        sums = [
            sums_to_total(column.cells, frame.height - 1) for column in frame.columns if _all_integers(column.cells)
        ]
        if sums and all(sums):
            flags[-1] = True
    return tuple(flags)


def _all_integers(cells: Sequence[Cell]) -> bool:
    numbers = [cell for cell in cells if cell.kind in (Kind.NUMBER, Kind.PAIR)]
    return len(numbers) >= 2 and all(cell.integer and cell.value >= 0 for cell in numbers)


def _counted(column: Column, frame: Frame, policy: Policy, grid: int) -> Column:
    if column.role not in (Role.NUMBER, Role.PERCENT, Role.MEAN, Role.EXTREME, Role.RATE):
        return column
    cells = [cell for row, cell in enumerate(column.cells) if frame.row_roles[row] in (None, Role.COUNT)]
    numbers = [cell for cell in cells if cell.kind in (Kind.NUMBER, Kind.PAIR)]
    whole = [cell for cell in numbers if cell.integer and cell.value >= 0]
    if not whole or len(whole) < 0.8 * len(numbers):
        return column
    points, why = _points(column, frame, policy, grid)
    total = says_total(column.name)
    if column.role in STATISTICS:
        # A header that names a statistic is overruled only by arithmetic that no statistic would obey.
        return (
            replace(column, role=Role.COUNT, why=why, total=total)
            if "companion" in why and column.role is Role.PERCENT
            else column
        )
    role = Role.COUNT if points >= 2 else Role.MAYBE if points == 1 else Role.NUMBER
    return replace(column, role=role, why=why, total=total)


def _points(column: Column, frame: Frame, policy: Policy, grid: int) -> tuple[int, tuple[str, ...]]:
    header = says_count(column.name)
    if header == 0 and policy.count_headers and has(column.name, frozenset(policy.count_headers)):
        header = 2
    evidence = {
        "header": header,
        "composite": 1 if composite_share(column) > 0.5 else 0,
        "companion": 2 if companion(column, frame) else 0,
        "sums": 2 if _sums(column, frame) else 0,
        "large": 1 if large_integers(column) or grid > 1 else 0,
        "grid": 1 if grid else 0,
        "caption": 1 if has(frame.caption, COUNT) else 0,
        "denominator": 1 if column.denominator is not None else 0,
    }
    proved = evidence["sums"] or (evidence["composite"] and evidence["companion"])
    if header == 0 and not_count(tokens(column.name)) and not proved:
        return 0, ()
    return sum(evidence.values()), tuple(key for key, value in evidence.items() if value)


def _sums(column: Column, frame: Frame) -> bool:
    return any(sums_to_total(column.cells, row) for row, flag in enumerate(frame.total_rows) if flag)


def _rounded(frame: Frame) -> tuple[Column, ...]:
    pool = [cell.value for _, _, cell in frame.count_cells(Role.COUNT, Role.MAYBE)]
    shared = rounding_base(pool, hinted_base(frame.caption))
    result = []
    for column in frame.columns:
        if column.role not in (Role.COUNT, Role.MAYBE, Role.NUMBER):
            result.append(column)
            continue
        own = [
            cell.value
            for row, cell in enumerate(column.cells)
            if cell.kind in (Kind.NUMBER, Kind.PAIR) and _countish(frame, row, column)
        ]
        base = rounding_base(own, hinted_base(column.name)) if own else 1
        result.append(replace(column, rounded_to=max(base, shared)))
    return tuple(result)


def _countish(frame: Frame, row: int, column: Column) -> bool:
    return frame.cell_role(row, column) in (Role.COUNT, Role.MAYBE)

"""Whether the counts of a table were rounded, and to what: differences of rounded counts say little (rules FRQ-09, DIF-01)."""

from collections.abc import Iterable

from tre.egress.checks.tables.lexicon import tokens

_BASES = (100, 50, 25, 20, 10, 5)
_MIDPOINT = 6  # OpenSAFELY's "midpoint 6": 6k + 3
_MIN_DISTINCT = 4
_CHANCE = 1e-3  # how improbable the pattern must be for unrounded counts


def hinted_base(text: str) -> int:
    """The base that a header or caption claims: 6 for midpoint 6, 5 for a bare "rounded", 0 for no claim."""
    words = tokens(text)
    if any(word.startswith("midpoint") for word in words):
        return _MIDPOINT
    for index, word in enumerate(words):
        if word.startswith(("round", "arrond")):
            after = [w for w in words[index + 1 : index + 6] if w.isdigit() and 2 <= int(w) <= 1000]
            return int(after[0]) if after else 5
    return 0


def rounding_base(values: Iterable[float], hint: int = 0) -> int:
    """The largest base that all values follow and that chance does not explain; 1 when there is none."""
    distinct = sorted({int(value) for value in values if value > 0 and float(value).is_integer()})
    if not distinct:
        return 1
    if hint and follows(distinct, hint):
        return hint
    if len(distinct) < _MIN_DISTINCT:
        return 1
    for base in _BASES:
        if all(value % base == 0 for value in distinct) and base ** -len(distinct) < _CHANCE:
            return base
    if all(value % 6 == 3 for value in distinct) and 6.0 ** -len(distinct) < _CHANCE:
        return _MIDPOINT
    return 1


def follows(values: Iterable[float], base: int) -> bool:
    """Whether every value is a multiple of ``base`` (or 6k + 3 for midpoint 6)."""
    rest = 3 if base == _MIDPOINT else 0
    return all(
        value <= 0 or int(value) % base == rest or (base == _MIDPOINT and int(value) % base == 0) for value in values
    )

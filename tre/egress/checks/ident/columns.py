"""Identifiers in table columns, where the rate of valid values and the header tell identifiers from chance."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise

from tre.egress.checks.tables.cells import clean
from tre.egress.checks.tables.frame import Column, Frame, Role
from tre.egress.checks.tables.lexicon import tokens


@dataclass(frozen=True, eq=False)
class Values:
    """A column's non-empty values and their distinct share."""

    column: Column
    texts: tuple[str, ...]

    @cached_property
    def distinct(self) -> float:
        return len(set(self.texts)) / len(self.texts) if self.texts else 0.0

    def rate(self, test: "re.Pattern[str]") -> float:
        """Share of values that match ``test``."""
        return sum(test.match(text) is not None for text in self.texts) / len(self.texts) if self.texts else 0.0


@lru_cache(maxsize=64)
def values_of(frame: Frame) -> tuple[Values, ...]:
    """Each column's non-empty, cleaned values."""
    found = (
        Values(column, tuple(value for text in column.texts if (value := clean(text)))) for column in frame.columns
    )
    return tuple(values for values in found if values.texts)


def flat_name(name: str) -> str:
    """A header as a variable name: lower case, words joined by underscores."""
    return "_".join(tokens(name))


def digits_only(texts: Sequence[str]) -> list[str]:
    """Values that are whole numbers as written, a trailing ".0" removed."""
    found = (re.fullmatch(r"(\d+)(?:\.0)?", text) for text in texts)
    return [match[1] for match in found if match]


_HEX = re.compile(r"^(?=[^a-fA-F]*[a-fA-F])(?=\D*\d)[0-9a-fA-F]{16,128}$")
_UUID = re.compile(r"^\{?[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}\}?$")
_BASE64 = re.compile(r"^(?=[^A-Z]*[A-Z])(?=[^a-z]*[a-z])(?=\D*\d\D*\d)[A-Za-z0-9+/_\-]{20,}={0,2}$")
_BASE32 = re.compile(r"^(?=[^2-7]*[2-7][^2-7]*[2-7])[A-Z2-7]{16,}={0,6}$")


def pseudonym_rate(texts: Sequence[str]) -> float:
    """Share of values that look like hashes or opaque tokens of 16 characters or more; words joined by underscores do not."""

    def opaque(text: str) -> bool:
        if _HEX.match(text) or _UUID.match(text) or _BASE32.match(text):
            return True
        return _BASE64.match(text) is not None and _mixed(text)

    return sum(map(opaque, texts)) / len(texts) if texts else 0.0


def _mixed(text: str) -> bool:
    """Case and digits change often, as in encoded bytes and not in identifiers made of words."""
    kinds = ["d" if c.isdigit() else "u" if c.isupper() else "l" if c.islower() else "o" for c in text]
    changes = sum(a != b for a, b in pairwise(kinds))
    return changes > len(text) * 0.4 and Counter(kinds)["o"] <= len(text) * 0.1


def is_data(column: Column) -> bool:
    """Whether a column can hold identifiers at all: not a statistic."""
    return column.role not in (Role.PERCENT, Role.RATE, Role.MEAN, Role.SPREAD, Role.ESTIMATE)

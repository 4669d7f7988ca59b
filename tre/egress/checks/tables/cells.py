"""One cell of a released table: number, composite ("12 (3.4 %)"), suppression marker, date, or text."""

import re
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

_SPACES = "\u00a0\u202f\u2007\u2009\t"
_NUMBER = r"[-+−–]?(?:\d{1,3}(?:[,' ]\d{3})+(?:\.\d+)?|\d+(?:[.,]\d+)?(?:[eE][-+]?\d+)?|\.\d+)"
_PLAIN = re.compile(rf"^({_NUMBER})\s*(%|‰)?$")
# 12 (3.4), 12 (3.4 %), 12 [3,4%], 3.4% (12), 5/120 (4.2%), 12 / 3.4%
_PAIR = re.compile(rf"^(?:n\s*=\s*)?({_NUMBER})\s*(%)?\s*[(\[/|]\s*({_NUMBER})\s*(%)?\s*[)\]]?$")
_FRACTION = re.compile(rf"^({_NUMBER})\s*/\s*({_NUMBER})(?:\s*[(\[]\s*({_NUMBER})\s*%?\s*[)\]])?$")
_INTERVAL = re.compile(
    rf"^[(\[]?\s*{_NUMBER}?\s*%?\s*[(\[]?\s*(?:(?:95|90|99)\s?%\s?(?:CI|IC)\s*:?)?\s*{_NUMBER}\s*%?\s*"
    rf"(?:,|;|-|–|—|/|to|à|\.\.)\s*{_NUMBER}\s*%?\s*[)\]]?(?:\s*[;,]?\s*p?\s*[=<>]\s*{_NUMBER})?\*{{0,3}}$"
)
_STARRED = re.compile(rf"^({_NUMBER})\s*\*{{1,3}}$")
_DATE = re.compile(
    r"^(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}(?:[T ]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?Z?)?|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}|\d{4}-\d{2}|"
    r"\d{1,2}[ -]?(?:jan|feb|fev|fév|mar|apr|avr|may|mai|jun|juin|jul|juil|aug|aou|aoû|sep|oct|nov|dec|déc)[a-zé]*[ -]?\d{2,4})$",
    re.I,
)
_SUPPRESSED = re.compile(
    r"^(?:\*+|x+|s|c|n/?d|supp?(?:ressed)?|secret|masqu[ée]e?|\[?redacted\]?|\(?(?:suppressed|masked|confidentiel)\)?|n/?a|nan|null|none|-|–|—|\.\.?|"
    r"\[(?:x|c|z|low|redacted)\]|#|(?:n\s*)?[<≤]\s*=?\s*\d+|(?:moins de|less than|fewer than)\s*\d+|1\s?(?:-|–|à|to)\s?\d{1,2}|-5|\d+\s?\[redacted\])$",
    re.I,
)
_REDACTED = re.compile(r"^(?:\[?redacted\]?[\s,;]*)+$", re.I)
_BOUND = re.compile(r"(?:<|≤|moins de|less than|fewer than)\s*=?\s*(\d+)", re.I)


class Kind(Enum):
    """What a cell shows."""

    EMPTY = "empty"
    NUMBER = "number"
    PAIR = "pair"  # a number with another in brackets
    INTERVAL = "interval"
    SUPPRESSED = "suppressed"
    DATE = "date"
    TEXT = "text"


@dataclass(frozen=True)
class Cell:
    """A parsed cell. ``value`` is the first number, ``second`` the one in brackets; ``decimals`` as printed."""

    kind: Kind
    value: float = 0.0
    decimals: int = 0
    percent: bool = False
    second: float = 0.0
    second_decimals: int = 0
    second_percent: bool = False
    total: float | None = None  # the denominator of a printed fraction

    @property
    def integer(self) -> bool:
        """A whole number without a percent sign."""
        return self.kind in (Kind.NUMBER, Kind.PAIR) and not self.percent and self.value.is_integer()


_EMPTY = Cell(Kind.EMPTY)
_TEXT = Cell(Kind.TEXT)
_SUPPRESSED_CELL = Cell(Kind.SUPPRESSED)


def clean(text: str) -> str:
    """Without quotes, no-break spaces, surrounding space and mark-up stars of emphasis."""
    for space in _SPACES:
        text = text.replace(space, " ")
    return text.strip().strip('"').strip()


@lru_cache(maxsize=65536)
def parse(text: str, decimal_comma: bool = False) -> Cell:
    """What ``text`` shows. ``decimal_comma`` decides "1,234" where the table writes decimals with a comma."""
    text = clean(text)
    if not text:
        return _EMPTY
    if len(text) > 64:
        return _TEXT
    if not any(char.isdigit() for char in text):
        return _SUPPRESSED_CELL if _SUPPRESSED.match(text) or _REDACTED.match(text) else _TEXT
    return _numeric(text, decimal_comma)


def _numeric(text: str, comma: bool) -> Cell:
    if match := _PLAIN.match(text):
        # OHDSI tools write -5 for "fewer than 5": the column decides, not the cell
        value, decimals = _value(match[1], comma)
        return Cell(Kind.NUMBER, value, decimals, percent=match[2] is not None)
    if _SUPPRESSED.match(text):
        bound = _BOUND.search(text)
        return Cell(Kind.SUPPRESSED, second=float(bound[1]) if bound else 0.0)
    if _DATE.match(text):
        return Cell(Kind.DATE)
    if match := _STARRED.match(text):
        value, decimals = _value(match[1], comma)
        return Cell(Kind.NUMBER, value, max(decimals, 1) if not value.is_integer() else decimals)
    return _composite(text, comma)


def _composite(text: str, comma: bool) -> Cell:
    if match := _FRACTION.match(text):
        value, decimals = _value(match[1], comma)
        total, _ = _value(match[2], comma)
        second, second_decimals = _value(match[3], comma) if match[3] else (0.0, 0)
        if value.is_integer() and total.is_integer() and 0 <= value <= total:
            return Cell(Kind.PAIR, value, decimals, False, second, second_decimals, match[3] is not None, total)
    if match := _PAIR.match(text):
        value, decimals = _value(match[1], comma)
        second, second_decimals = _value(match[3], comma)
        if match[2] and not match[4] and second.is_integer():  # 3.4 % (12)
            return Cell(Kind.PAIR, second, second_decimals, False, value, decimals, True)
        return Cell(Kind.PAIR, value, decimals, match[2] is not None, second, second_decimals, match[4] is not None)
    return Cell(Kind.INTERVAL) if _INTERVAL.match(text) else _TEXT


def _value(text: str, comma: bool) -> tuple[float, int]:
    text = text.replace("−", "-").replace("–", "-").replace(" ", "").replace("'", "")
    if "," in text and "." in text:
        text = text.replace(",", "")
    elif "," in text:
        grouped = re.fullmatch(r"[-+]?\d{1,3}(?:,\d{3})+", text) is not None and not re.match(r"[-+]?0,", text)
        text = text.replace(",", "") if grouped and not comma else text.replace(",", ".", 1).replace(",", "")
    decimals = len(text.split("e")[0].split("E")[0].split(".")[1]) if "." in text else 0
    return float(text), decimals


def writes_decimal_comma(texts: list[str]) -> bool:
    """True when at least one number can only be read with a decimal comma, and none with a decimal point."""
    comma = any(re.fullmatch(r"[-+]?(?:0,\d+|\d+,(?:\d{1,2}|\d{4,}))\s*%?", clean(text)) for text in texts)
    return comma and not any(re.fullmatch(r"[-+]?\d+\.\d+\s*%?", clean(text)) for text in texts)


def cell_name(row: int, column: int) -> str:
    """The A1 name of a 0-based cell."""
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return f"{letters}{row + 1}"

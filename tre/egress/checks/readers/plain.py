"""Plain text, markdown and logs: prose, the tables printed in it, and text that is a delimited table after all."""
# ruff: noqa: SIM905

import re
from collections.abc import Iterator
from dataclasses import replace

from tre.egress.checks.decode import decode
from tre.egress.checks.parts import BigTable, Blob, Log, Part, Table, Text, Trait
from tre.egress.checks.reader import Reader
from tre.egress.checks.readers.delimited import best_delimiter, parse_rows, tables_of
from tre.egress.checks.readers.delimited import read as read_delimited
from tre.egress.checks.readers.printed import printed_tables

_LOG_NAMES = frozenset(".log .smcl .out .lst .rout .err".split())
# Traces of a program's own session, by language.
_SESSIONS = (
    (
        "stata",
        re.compile(
            r"^(?:\. (?:use|tab|sum|reg|log|gen|list|do|by|logit|stcox|display|di|count)\b|\s+name:\s+<unnamed>|\{smcl\}|end of do-file)",
            re.M,
        ),
    ),
    ("r", re.compile(r"^(?:R version \d|> \S|Loading required package|Attaching package)", re.M)),
    ("sas", re.compile(r"^(?:NOTE: |The SAS System|\d+\s+(?:proc|data) )", re.M | re.I)),
    (
        "python",
        re.compile(
            r"^(?:>>> |Traceback \(most recent call last\)|\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d.*(?:INFO|DEBUG|WARNING|ERROR))",
            re.M,
        ),
    ),
)
_SMCL = re.compile(
    r"\{(?:res|txt|com|err|hline|c \S+|col \d+|space \d+|ralign [^:}]*:|lalign [^:}]*:|center [^:}]*:|it|bf|sf|inp|p_end|smcl|\.-)[^}]*\}"
)
_SMCL_SPACE = re.compile(r"\{space (\d+)\}")


def read(blob: Blob) -> Iterator[Part]:
    """A `Text` or `Log` with the whole text, then each printed table."""
    if blob.size > blob.limits.max_text:
        yield from _large(blob)
        return
    text = decode(blob.read())
    if "{smcl}" in text[:200] or blob.suffix == ".smcl":
        text = plain_smcl(text)
    lines = text.split("\n")
    if _delimited(lines, blob):
        yield from tables_of(parse_rows(text, best_delimiter(lines[:400])), blob)
        return
    yield from text_parts(text, blob)


def text_parts(text: str, blob: Blob) -> Iterator[Part]:
    """Parts of a text that is already decoded (readers of documents use it too)."""
    language = session_language(text)
    if blob.suffix in _LOG_NAMES or language:
        yield Log(blob.origin, text, language)
    else:
        yield Text(blob.origin, text)
    offset = max(blob.origin.line - 1, 0)
    for count, printed in enumerate(printed_tables(text)):
        if count >= 500:
            yield Trait(blob.origin, "cap", {"what": "tables"})
            return
        origin = replace(blob.origin, line=printed.lines[0] + offset)
        yield Table(
            origin,
            rows=printed.rows,
            caption=printed.caption,
            row_lines=tuple(line + offset for line in printed.lines),
            total_rows=len(printed.rows),
            printed=True,
        )


def session_language(text: str) -> str:
    """The language whose session this text records; empty for results printed without their commands."""
    return next((name for name, pattern in _SESSIONS if pattern.search(text)), "")


def plain_smcl(text: str) -> str:
    """Stata's mark-up removed, its columns kept."""
    text = _SMCL_SPACE.sub(lambda match: " " * min(int(match[1]), 200), text)
    text = text.replace("{c |}", "|").replace("{c +}", "+")
    return _SMCL.sub("", text)


def _delimited(lines: list[str], blob: Blob) -> bool:
    """Text whose every line splits into the same columns is a table whatever its name; markdown never is."""
    if blob.suffix in (".md", ".markdown", ".rmd", ".qmd", ".rst") or blob.suffix in _LOG_NAMES:
        return False
    filled = [line for line in lines[:400] if line.strip()]
    delimiter = best_delimiter(filled)
    if not delimiter or len(filled) < 2 or delimiter == "|":
        return False
    widths = [len(row) for row in parse_rows("\n".join(filled), delimiter)]
    same = max(map(widths.count, set(widths))) if widths else 0
    if delimiter == "\t":  # Stata's tables: titles and sections of one cell between the rows
        return sum(width > 1 for width in widths) >= 0.4 * len(widths)
    prose = sum(len(line) for line in filled) / len(filled) > 60 and delimiter == "," and max(widths) <= 3
    return same >= 0.9 * len(widths) and not prose


def _large(blob: Blob) -> Iterator[Part]:
    """Too long to hold: as a delimited table when it is one, else its beginning, and a cap that says so."""
    head = decode(blob.head(1_000_000))
    if _delimited(head.split("\n")[:400], blob):
        parts = list(read_delimited(blob))
        if any(isinstance(part, BigTable | Table) for part in parts):
            yield from parts
            return
    yield Trait(blob.origin, "cap", {"what": "text"})
    yield from text_parts(head, blob)


READER = Reader("plain", kinds=("text", "markdown", "log", "yaml", "xml"), read=read)

"""Tables printed as text: R, pandas, Stata, SAS, SPSS, psql, markdown. Found by alignment, given with the line of each row."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_RULE_LINE = re.compile(r"^[\s\-=+|:_*─━┌┐└┘├┤┬┴┼│╔╗╚╝═║╠╣╦╩╬]+$")
_TIBBLE_TYPES = re.compile(r"^\s*\d*\s*(?:<[a-z0-9+]{2,5}>\s*)+$")
_NOISE = re.compile(r"^\s*(?:#|\.\.\.|…|\(\d+ rows?\)|\[\d+ rows x \d+ columns\]|Signif\. codes|---$)")
_ECHO = re.compile(r"^\s*(?:> |\+ |\. |>>> |In \[\d+\]|[0-9]{1,5}\s{2,}(?:proc|data|run|set|quit)\b)", re.I)
_VECTOR = re.compile(r"^\s*\[\d+\]\s")
_TOKEN = re.compile(r"\S+(?: \S+)*?(?=\s{2,}|$)|\S+")
_NUMBER = re.compile(r"^[<>≤≥]?[-+(\[]?\d[\d.,]*(?:e[-+]?\d+)?[%)\],;]*\*{0,3}$", re.I)
_MAX_LINE = 4_000


@dataclass(frozen=True)
class Printed:
    """A grid and the 1-based line of each of its rows."""

    rows: tuple[tuple[str, ...], ...]
    lines: tuple[int, ...]
    caption: str = ""


def printed_tables(text: str) -> Iterator[Printed]:
    """Every table in ``text``, in order."""
    lines = text.split("\n")
    caption, block = "", []
    for number, line in enumerate([*lines, ""], 1):
        if line.strip() and len(line) <= _MAX_LINE and not _ECHO.match(line):
            block.append((number, line.replace("\t", "    ") if "|" in line else line.expandtabs()))
            continue
        if block:
            yield from _block(block, caption)
            caption = block[-1][1].strip() if len(block) <= 2 else ""
            block = []


def _block(block: list[tuple[int, str]], caption: str) -> Iterator[Printed]:
    rows = [(n, line) for n, line in block if not _NOISE.match(line) and not _TIBBLE_TYPES.match(line)]
    while rows and _VECTOR.match(rows[0][1]):  # R's print of a title or vector above its table
        caption = rows.pop(0)[1].split("]", 1)[1].strip().strip('"')
    while len(rows) > 2 and _title(rows[0][1]):  # "Coefficients:" above its table
        caption = rows.pop(0)[1].strip().rstrip(":")
    if sum("|" in line for _, line in rows) >= 2 and _piped(rows):
        yield from _pipes(rows, caption)
        return
    rows = [(n, line) for n, line in rows if not _RULE_LINE.match(line)]
    for part in _segments(rows):
        if len(part) >= 2:
            grid = aligned(part)
            if grid is not None:
                yield Printed(grid.rows, grid.lines, caption)


def _title(line: str) -> bool:
    words = line.split()
    return line.rstrip().endswith(":") and len(words) <= 8 and not any(_NUMBER.match(word) for word in words)


def _piped(rows: Sequence[tuple[int, str]]) -> bool:
    bars = [line.count("|") for _, line in rows if not _RULE_LINE.match(line)]
    return bool(bars) and sum(count > 0 for count in bars) >= 0.6 * len(bars)


def _pipes(rows: Sequence[tuple[int, str]], caption: str) -> Iterator[Printed]:
    """Markdown and psql: a cell between bars. Stata: labels left of one bar, aligned numbers right of it."""
    body = [(n, line) for n, line in rows if "|" in line and not _RULE_LINE.match(line)]
    inner = [line.strip().strip("|").count("|") for _, line in body]
    if inner and max(inner) == 1 and all(line.count("|") == 1 for _, line in body):
        yield from _one_bar(body, caption)
        return
    grid = [[_unmarked(cell.strip()) for cell in line.strip().strip("|").split("|")] for _, line in body]
    if any(len(cell.split()) >= 2 and _all_numbers(cell) for row in grid for cell in row[1:]):
        grid = _split_bars(body)
    width = max(map(len, grid), default=0)
    if len(grid) >= 2 and width >= 2:
        yield Printed(
            tuple(tuple(row) + ("",) * (width - len(row)) for row in grid), tuple(n for n, _ in body), caption
        )


def _unmarked(cell: str) -> str:
    """Without emphasis; a lone star is a suppression marker."""
    return cell.strip("*`") or cell


def _all_numbers(cell: str) -> bool:
    return all(_NUMBER.match(token) for token in cell.split())


def _split_bars(body: Sequence[tuple[int, str]]) -> list[list[str]]:
    """Stata's two-way tables: "label | n n n | total"."""
    rows = []
    for _, line in body:
        label, *rest = line.split("|")
        rows.append([label.strip(), *(token for part in rest for token in part.split())])
    return rows


def _one_bar(body: Sequence[tuple[int, str]], caption: str) -> Iterator[Printed]:
    right = [(n, line.split("|", 1)[1]) for n, line in body]
    grid = aligned(right)
    if grid is None:
        return
    labels = {n: line.split("|", 1)[0].strip() for n, line in body}
    rows = tuple((labels[n], *row) for n, row in zip(grid.lines, grid.rows, strict=True))
    yield Printed(rows, grid.lines, caption)


def _segments(rows: Sequence[tuple[int, str]]) -> Iterator[list[tuple[int, str]]]:
    """Cut where a header-like line follows rows of numbers: wrapped frames and tables printed one after another."""
    part: list[tuple[int, str]] = []
    seen_numbers = False
    for number, line in rows:
        count = sum(_NUMBER.match(token) is not None for token in line.split())
        if part and seen_numbers and count == 0 and (line.startswith(" ") or len(line.split()) > 1):
            yield part
            part, seen_numbers = [], False
        seen_numbers = seen_numbers or count > 0
        part.append((number, line))
    if part:
        yield part


def aligned(rows: Sequence[tuple[int, str]]) -> Printed | None:
    """A grid from lines whose words line up; None when they are prose."""
    spans = [[(match.start(), match.end(), match.group()) for match in re.finditer(r"\S+", line)] for _, line in rows]
    numeric = sum(any(_NUMBER.match(token) for _, _, token in line) for line in spans)
    if numeric == 0 or _prose(spans):
        return None
    columns = _columns(spans)
    if len(columns) < 2:
        return None
    grid = [
        [" ".join(token for start, end, token in line if start < right and end > left) for left, right in columns]
        for line in spans
    ]
    grid = _joined(grid)
    if len(grid[0]) < 2:
        return None
    return Printed(tuple(map(tuple, grid)), tuple(number for number, _ in rows))


def _prose(spans: Sequence[Sequence[tuple[int, int, str]]]) -> bool:
    """Long lines of words with few numbers."""
    tokens = [token for line in spans for _, _, token in line]
    numbers = sum(_NUMBER.match(token) is not None for token in tokens)
    words = [len(line) for line in spans]
    return numbers < 0.12 * len(tokens) and sum(words) / len(words) > 6


def _columns(spans: Sequence[Sequence[tuple[int, int, str]]]) -> list[tuple[int, int]]:
    """Runs of positions that some line fills, separated by positions that every line leaves blank."""
    width = max((end for line in spans for _, end, _ in line), default=0)
    filled = bytearray(width + 1)
    for line in spans:
        for start, end, _ in line:
            filled[start:end] = b"\x01" * (end - start)
    columns: list[tuple[int, int]] = []
    left = -1
    for position, used in enumerate(filled):
        if used and left < 0:
            left = position
        elif not used and left >= 0:
            columns.append((left, position))
            left = -1
    return columns


def _joined(grid: list[list[str]]) -> list[list[str]]:
    """Put back together what a space split: "1st Qu.", "12 (3.4)", "87 [80, 92]", labels of several words."""
    index = 1
    while index < len(grid[0]):
        body = [row[index] for row in grid[1:] if row[index]]
        before = [row[index - 1] for row in grid[1:] if row[index - 1]]
        if _belongs(body, before, grid[0][index], grid[0][index - 1], index):
            for row in grid:
                row[index - 1 : index + 1] = [f"{row[index - 1]} {row[index]}".strip()]
        else:
            index += 1
    return grid


def _belongs(body: list[str], before: list[str], head: str, head_before: str, index: int) -> bool:
    if not before and head_before and index > 1:  # "1st" over nothing, "Qu." over the numbers
        return True
    if not body:
        return bool(head) and bool(before) and not head_before
    opens = sum(text[0] in "([" for text in body)
    closes = sum(text[-1] in ")]" and not {"(", "["} & set(text) for text in body)
    if opens > 0.6 * len(body) and not all(text[0] in "([" for text in before):
        return True
    if closes > 0.6 * len(body) and any("[" in text or "(" in text for text in before):
        return True
    words = sum(_NUMBER.match(text) is None for text in body)
    return index == 1 and words > 0.6 * len(body) and not (head and head_before)

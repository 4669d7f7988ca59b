"""Programs and LaTeX. Code is given whole; LaTeX gives its tables and its text."""

import re
from collections.abc import Iterator
from dataclasses import replace

from tre.egress.checks.decode import decode
from tre.egress.checks.parts import Blob, Code, Part, Table, Text, Trait
from tre.egress.checks.reader import Reader

_LANGUAGES = {
    ".py": "python",
    ".r": "r",
    ".rmd": "r",
    ".do": "stata",
    ".ado": "stata",
    ".sas": "sas",
    ".sql": "sql",
    ".scala": "scala",
    ".jl": "julia",
    ".sh": "shell",
    ".sps": "spss",
}
_TABULAR = re.compile(r"\\begin\{(tabular\*?|tabularx|longtable|array|tabulary)\}(.*?)\\end\{\1\}", re.S)
_COMMAND = re.compile(
    r"\\(?:multicolumn\{\d+\}\{[^}]*\}|multirow\{[^}]*\}\{[^}]*\}|textbf|textit|emph|text|num|makecell|cellcolor\{[^}]*\})\s*\{([^{}]*)\}"
)
_RULES = re.compile(
    r"\\(?:hline|toprule|midrule|bottomrule|endhead|endfirsthead|endfoot|endlastfoot|addlinespace(?:\[[^\]]*\])?|c?m?(?:id)?line(?:rule)?(?:\([^)]*\))?\{[^}]*\}|cline\{[^}]*\})"
)


def read(blob: Blob) -> Iterator[Part]:
    """One `Code`, or for LaTeX a `Text` and a `Table` for each tabular."""
    if blob.size > blob.limits.max_text:
        yield Trait(blob.origin, "cap", {"what": "text"})
        yield Code(blob.origin, decode(blob.head(1_000_000)), _LANGUAGES.get(blob.suffix, ""))
        return
    text = decode(blob.read())
    if blob.suffix in (".tex", ".latex"):
        yield Text(blob.origin, text)
        yield from latex_tables(text, blob)
    else:
        yield Code(blob.origin, text, _LANGUAGES.get(blob.suffix, ""))


def latex_tables(text: str, blob: Blob) -> Iterator[Part]:
    """Every tabular as a grid."""
    for match in _TABULAR.finditer(text):
        body = re.sub(r"^(?:\[[^\]]*\])?\s*(?:\{[^{}]*\}\s*)?\{(?:[^{}]|\{[^{}]*\})*\}", "", match[2])
        rows = [
            [_plain(cell) for cell in re.split(r"(?<!\\)&", line)]
            for line in re.split(r"\\\\(?:\[[^\]]*\])?|\\tabularnewline", _RULES.sub("", body))
        ]
        rows = [row for row in rows if any(row)]
        width = max(map(len, rows), default=0)
        if len(rows) >= 2 and width >= 2:
            line = text.count("\n", 0, match.start()) + 1
            grid = tuple(tuple(row) + ("",) * (width - len(row)) for row in rows)
            yield Table(replace(blob.origin, line=line), rows=grid, total_rows=len(grid), printed=True)


def _plain(cell: str) -> str:
    for _ in range(3):
        cell = _COMMAND.sub(r"\1", cell)
    cell = (
        cell.replace("\\%", "%")
        .replace("\\&", "&")
        .replace("$", "")
        .replace("\\,", "")
        .replace("~", " ")
        .replace("\\_", "_")
    )
    return re.sub(r"\\[a-zA-Z]+\*?|[{}]", "", cell).strip()


READER = Reader("source", kinds=("code", "latex"), read=read)

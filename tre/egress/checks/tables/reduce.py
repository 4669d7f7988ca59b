"""Count tables reduced to hashed labels and values, for differencing across files and releases (rules DIF-*)."""

import hashlib
from collections.abc import Iterator, Sequence

from tre.egress.checks.model import CellTable
from tre.egress.checks.parts import Part, Table
from tre.egress.checks.policy import Policy
from tre.egress.checks.tables.frame import Frame, Role, frame_of
from tre.egress.checks.tables.lexicon import tokens

_MAX_CELLS = 20_000


def cell_tables(parts: Sequence[Part], policy: Policy) -> Iterator[CellTable]:
    """One `CellTable` for each table that holds counts."""
    for part in parts:
        if isinstance(part, Table) and part.complete:
            try:
                table = _reduced(frame_of(part, policy), part)
            except Exception:  # noqa: S112  the table's own rules report what is wrong with it
                continue
            if table is not None:
                yield table


def _reduced(frame: Frame, part: Table) -> CellTable | None:
    cells: dict[str, float] = {}
    totals: set[float] = set()
    bases: list[int] = []
    for row, column, cell in frame.count_cells(Role.COUNT, Role.MAYBE):
        if len(cells) >= _MAX_CELLS:
            break
        key = _key(frame.label_of(row), column.name)
        if key in cells:
            key = _key(f"{frame.label_of(row)}#{row}", column.name)
        cells[key] = cell.value
        bases.append(column.rounded_to)
        if frame.total_rows[row] or column.total:
            totals.add(cell.value)
    if not cells:
        return None
    names = sorted({" ".join(tokens(column.name)) for column in frame.columns})
    return CellTable(
        signature=_hash("|".join(names)),
        location=part.origin,
        cells=tuple(sorted(cells.items())),
        rounded_to=min(bases),
        totals=tuple(sorted(totals)),
    )


def _key(row: str, column: str) -> str:
    return _hash(" ".join(tokens(row)) + "\x1f" + " ".join(tokens(column)))


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:24]

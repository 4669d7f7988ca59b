"""Tables too large to hold, through DuckDB: exact counts on the columns that a sample made suspicious."""

from collections.abc import Iterator, Sequence
from typing import Any

from tre.egress.checks.parts import BigTable

_MEMORY = "1GB"


def connection() -> Any:
    """A DuckDB that reads one local file and nothing else: no extension, no spill, no network."""
    import duckdb  # noqa: PLC0415

    config: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": _MEMORY,
        "threads": 2,
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "temp_directory": "",
        "preserve_insertion_order": False,
    }
    return duckdb.connect(":memory:", config=config)


def relation(part: BigTable) -> tuple[str, list[Any]]:
    """A FROM clause and its arguments."""
    if part.format == "parquet":
        return "read_parquet(?)", [part.path]
    return (
        "read_csv(?, delim=?, header=true, all_varchar=true, ignore_errors=true, null_padding=true, max_line_size=16000000)",
        [part.path, part.delimiter],
    )


def column_names(database: Any, part: BigTable) -> list[str]:
    """Names as DuckDB gives them, by position."""
    source, arguments = relation(part)
    return [row[0] for row in database.execute(f"DESCRIBE SELECT * FROM {source}", arguments).fetchall()]  # noqa: S608


def quote(name: str) -> str:
    """An identifier for SQL."""
    return '"' + name.replace('"', '""') + '"'


def small_counts(part: BigTable, indices: Sequence[int], threshold: int) -> Iterator[tuple[int, int]]:
    """For each column, how many of its values are in 1..threshold-1; columns without one are left out."""
    if not indices:
        return
    with connection() as database:
        names = column_names(database, part)
        source, arguments = relation(part)
        usable = [index for index in indices if index < len(names)]
        sums = ", ".join(
            f"count(*) FILTER (TRY_CAST({quote(names[i])} AS DOUBLE) BETWEEN 1 AND {threshold - 1})" for i in usable
        )
        if not sums:
            return
        row = database.execute(f"SELECT {sums} FROM {source}", arguments).fetchone()  # noqa: S608
    for index, count in zip(usable, row or (), strict=True):
        if count:
            yield index, int(count)


def row_count(part: BigTable) -> int:
    """Rows in the whole file."""
    with connection() as database:
        source, arguments = relation(part)
        row = database.execute(f"SELECT count(*) FROM {source}", arguments).fetchone()  # noqa: S608
    return int(row[0]) if row else 0


def singletons(part: BigTable, indices: Sequence[int]) -> tuple[int, int]:
    """Rows alone in their combination of columns, and rows in all."""
    with connection() as database:
        names = column_names(database, part)
        columns = ", ".join(quote(names[i]) for i in indices if i < len(names))
        source, arguments = relation(part)
        query = f"SELECT count(*) FILTER (n = 1), sum(n) FROM (SELECT count(*) AS n FROM {source} GROUP BY {columns})"  # noqa: S608
        row = database.execute(query, arguments).fetchone() if columns else (0, 0)
    return (int(row[0] or 0), int(row[1] or 0)) if row else (0, 0)

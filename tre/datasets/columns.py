"""Which columns a data file has: of types whose columns can be known, and no others (requirement 3.1.13)."""

import csv
import gzip
from collections.abc import Callable
from pathlib import Path
from typing import IO

from pyarrow import parquet

from tre.core.errors import Invalid

_MAX_HEADER = 1 << 20


def columns(name: str, path: Path) -> list[str]:
    """Names of the columns of CSV, TSV (also gzipped) or Parquet; raises Invalid ``columns-unknown``."""
    lower = name.lower()
    try:
        for suffix, read in _READERS.items():
            if lower.endswith(suffix):
                return _checked(read(path))
    except (OSError, ValueError, UnicodeDecodeError, csv.Error, EOFError) as error:
        raise _unknown(f"its header cannot be read ({type(error).__name__})") from error
    raise _unknown("its type has no columns that can be compared: use CSV, TSV or Parquet")


def _delimited(opener: Callable[[Path], IO[str]], delimiters: str) -> Callable[[Path], list[str]]:
    def read(path: Path) -> list[str]:
        with opener(path) as source:
            line = source.readline(_MAX_HEADER)
        if len(line) >= _MAX_HEADER:
            raise ValueError("header too long")
        best = max(delimiters, key=lambda delimiter: len(_cells(line, delimiter)))
        return _cells(line, best)

    return read


def _cells(line: str, delimiter: str) -> list[str]:
    return next(csv.reader([line], delimiter=delimiter), [])


def _plain(path: Path) -> IO[str]:
    return path.open(encoding="utf-8-sig", newline="")


def _gzipped(path: Path) -> IO[str]:
    return gzip.open(path, "rt", encoding="utf-8-sig", newline="")


def _parquet(path: Path) -> list[str]:
    schema = parquet.read_schema(path)
    return list(schema.names)


_READERS: dict[str, Callable[[Path], list[str]]] = {
    ".csv": _delimited(_plain, ",;\t|"),
    ".tsv": _delimited(_plain, "\t"),
    ".csv.gz": _delimited(_gzipped, ",;\t|"),
    ".tsv.gz": _delimited(_gzipped, "\t"),
    ".parquet": _parquet,
}


def _checked(names: list[str]) -> list[str]:
    clean = [name.strip() for name in names]
    if not clean or not all(clean) or len(set(clean)) != len(clean):
        raise ValueError("names missing or repeated")
    return clean


def _unknown(why: str) -> Invalid:
    return Invalid("columns-unknown", f"The columns of this file are not known: {why}.", "Extract it again.")

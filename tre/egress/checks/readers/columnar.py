"""Parquet and Feather: rows through DuckDB or Arrow, metadata as text."""

import io
from collections.abc import Iterator
from typing import Any

from tre.egress.checks.parts import BigTable, Blob, Part, Table, Text, Trait
from tre.egress.checks.reader import Reader
from tre.egress.checks.readers.records import text_of

_SAMPLE = 5_000


def read(blob: Blob) -> Iterator[Part]:
    """A `Table` when it is small, else a `BigTable` with a sample; key-value metadata."""
    head = blob.head(8)
    yield from _parquet(blob) if head[:4] in (b"PAR1", b"PARE") else _feather(blob)


def _parquet(blob: Blob) -> Iterator[Part]:
    from pyarrow import parquet  # noqa: PLC0415

    if blob.head(4) == b"PARE":
        yield Trait(blob.origin, "encrypted")
        return
    source = io.BytesIO(blob.data) if blob.data is not None else blob.path
    file = parquet.ParquetFile(source)
    yield from _metadata(file.schema_arrow.metadata, blob)
    names = [str(name) for name in file.schema_arrow.names]
    rows = file.metadata.num_rows
    batch = next(file.iter_batches(batch_size=_SAMPLE), None)
    sample = _table(blob, names, batch, rows)
    if rows > _SAMPLE and blob.path:
        yield BigTable(
            blob.origin, path=blob.path, format="parquet", columns=tuple(names), total_rows=rows, sample=sample
        )
    else:
        yield sample


def _feather(blob: Blob) -> Iterator[Part]:
    import pyarrow  # noqa: PLC0415
    from pyarrow import feather  # noqa: PLC0415

    table: Any = feather.read_table(pyarrow.BufferReader(blob.read()))
    yield from _metadata(table.schema.metadata, blob)
    batch = table.slice(0, _SAMPLE)
    yield _table(blob, [str(name) for name in table.schema.names], batch, table.num_rows)


def _table(blob: Blob, names: list[str], batch: Any, rows: int) -> Table:
    columns = (
        [[text_of(value) for value in column.to_pylist()] for column in batch.columns] if batch is not None else []
    )
    body = tuple(zip(*columns, strict=True)) if columns else ()
    return Table(blob.origin, rows=(tuple(names), *body), total_rows=rows + 1, total_columns=len(names), header_rows=1)


def _metadata(metadata: dict[bytes, bytes] | None, blob: Blob) -> Iterator[Part]:
    kept = {key: value for key, value in (metadata or {}).items() if key not in (b"ARROW:schema",)}
    if kept:
        yield Text(
            blob.origin, "\n".join(value.decode("utf-8", "replace")[:100_000] for value in kept.values()), "metadata"
        )


READER = Reader("columnar", kinds=("parquet", "feather"), read=read)

"""Typed parts: what readers give and rules take. Each carries its origin.

A reader turns bytes into parts; it never judges. What a reader notices about the container (encryption, hidden sheets,
trailing bytes, a cap that was reached) is a `Trait`, which the rules of DOC, BIN, ARC and MAL turn into findings.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from tre.egress.checks.model import Location


@dataclass(frozen=True, eq=False)
class Part:
    """Base of all parts. Compared by identity: a part is a thing that was read, not a value."""

    origin: Location

    @property
    def kind(self) -> str:
        return type(self).__name__.lower()


@dataclass(frozen=True, eq=False)
class Table(Part):
    """A rectangular grid of strings, exactly as shown; header rows included, ragged rows padded.

    ``first_row``/``first_column`` (0-based) place the grid in its sheet, so that rules can name A1 cells. ``row_lines``
    gives the line of each row when the table was printed in a text. ``total_rows`` > len(rows) when only a sample was read.
    """

    rows: tuple[tuple[str, ...], ...] = ()
    caption: str = ""
    first_row: int = 0
    first_column: int = 0
    row_lines: tuple[int, ...] = ()
    total_rows: int = 0
    total_columns: int = 0
    printed: bool = False  # parsed out of a log, a notebook or a page, rather than a data file
    hidden: str = ""  # why a person would not see it: "sheet", "row", "column", "pivot-cache", "revision", ...
    header_rows: int | None = None  # None: to be inferred

    @property
    def complete(self) -> bool:
        return self.total_rows <= len(self.rows)


@dataclass(frozen=True, eq=False)
class BigTable(Part):
    """A table too large to hold: rules ask DuckDB. ``sample`` is an ordinary `Table` of the first rows."""

    path: str = ""
    format: str = "csv"  # csv | parquet | feather
    delimiter: str = ","
    encoding: str = "utf-8"
    columns: tuple[str, ...] = ()
    total_rows: int = 0
    sample: Table | None = None


@dataclass(frozen=True, eq=False)
class Text(Part):
    """Prose, mark-up text, a comment, an alt text, metadata: anything read as sentences."""

    text: str = ""
    role: str = "prose"  # prose | metadata | comment | ocr | label | hidden


@dataclass(frozen=True, eq=False)
class Log(Part):
    """What a program printed while it ran. Its printed tables come as `Table` parts of their own."""

    text: str = ""
    language: str = ""  # r | stata | sas | python | ""


@dataclass(frozen=True, eq=False)
class Code(Part):
    """Source text of a program."""

    text: str = ""
    language: str = ""


@dataclass(frozen=True, eq=False)
class Figure(Part):
    """An image. ``marks`` counts plotted points that can be read back from a vector format."""

    format: str = ""
    vector: bool = False
    marks: int = 0
    width: int = 0
    height: int = 0
    points: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True)
class Array:
    """One array or column found inside a model file: its place, shape and type, never its content."""

    path: str
    shape: tuple[int, ...]
    dtype: str = ""


@dataclass(frozen=True, eq=False)
class Model(Part):
    """A saved model or object, read statically. ``names`` are attribute paths, ``globals`` what a pickle would import."""

    library: str = ""  # sklearn | statsmodels | lifelines | xgboost | lightgbm | r | torch | safetensors | onnx | ...
    classes: tuple[str, ...] = ()
    arrays: tuple[Array, ...] = ()
    globals: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    leaf_counts: tuple[int, ...] = ()


@dataclass(frozen=True, eq=False)
class Bytes(Part):
    """Raw text-like bytes on disk or in memory that the byte-level identifier scan reads whole."""

    path: str = ""
    data: bytes = b""


@dataclass(frozen=True, eq=False)
class Trait(Part):
    """Something a reader noticed about a container. ``name`` is one of `TRAITS`; ``detail`` holds counts and type names."""

    name: str = ""
    detail: Mapping[str, int | str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, eq=False)
class Child(Part):
    """A file inside a file: the engine identifies and reads it in turn, within the depth and size caps."""

    name: str = ""
    data: bytes = b""
    hidden: str = ""


# name -> what it means; a reader that needs a new one adds it here, with the rule that reads it
TRAITS: dict[str, str] = {
    "parse-error": "the reader could not read all of it (BIN-01: review)",
    "unknown-type": "no reader, or no rule, for this type (BIN-01: review)",
    "empty": "0 bytes, or nothing in it (BIN-01: review)",
    "encrypted": "needs a password (BIN-01: block)",
    "type-mismatch": "extension and content disagree (BIN-01: block when a binary type hides, else review)",
    "polyglot": "valid as two types (BIN-01: block)",
    "trailing-bytes": "bytes after the logical end (BIN-02)",
    "high-entropy": "dense bytes where text is expected (BIN-02)",
    "cap": "a cap was reached; `what` says which (ARC-01 in archives: block, elsewhere BIN-01: review)",
    "not-regular": "a symbolic link, FIFO or device (BIN-01: block)",
    "unreadable": "permission or input error (BIN-01: review)",
    "archive-traversal": "a member path that leaves the folder, or is absolute (ARC-01: block)",
    "archive-link": "a link among the members (ARC-01: block)",
    "archive-ratio": "compression ratio over the cap (ARC-01: block)",
    "archive-depth": "nested deeper than the cap (ARC-01: block)",
    "archive-members": "more members than the cap (ARC-01: block)",
    "xlsx-hidden-sheet": "hidden sheet (DOC-01: review; block with data when very hidden)",
    "xlsx-very-hidden-sheet": "veryHidden sheet",
    "xlsx-hidden-rows": "hidden rows or columns",
    "xlsx-pivot-cache": "pivot cache with records (DOC-01: block)",
    "xlsx-external-link": "cached values of another workbook",
    "xlsx-data-model": "embedded data model (DOC-01: block)",
    "xlsx-comment": "cell comments",
    "xlsx-defined-name": "defined names, hidden ones first",
    "office-macro": "VBA project (MAL-01: block)",
    "office-dde": "DDE or external command link (MAL-01: block)",
    "office-embedded": "embedded object or workbook",
    "office-properties": "author, company, last modified by",
    "office-tracked-changes": "tracked changes or deleted text",
    "office-comment": "comments",
    "office-hidden-text": "hidden text",
    "pdf-attachment": "embedded file",
    "pdf-javascript": "JavaScript or launch action (MAL-01: block)",
    "pdf-hidden-layer": "optional content that is off",
    "pdf-covered-text": "text under an opaque box",
    "pdf-old-revision": "incremental updates keep earlier content",
    "pdf-xfa": "XFA form",
    "pdf-vector-plot": "vector drawing with many marks (FIG-01)",
    "html-external": "address of another site",
    "html-script": "script",
    "html-hidden": "hidden nodes or comments with content",
    "html-interactive": "interactive plot or table with its data",
    "html-data-uri": "data address",
    "notebook-output": "outputs kept in a notebook",
    "notebook-error": "an error trace with values",
    "notebook-widget": "widget state",
    "image-metadata": "EXIF, XMP, text chunks, thumbnail (FIG-04)",
    "archive-encrypted": "encrypted member (BIN-01: block)",
    "pickle-code": "imports outside the allow-list (MOD-05: block)",
    "signature": "a malware signature matched (MAL-01: block)",
    "acro": "acro's record of outputs (ACR-01)",
}


@dataclass(frozen=True)
class Limits:
    """Caps that readers keep. A cap that is reached is a `Trait`, never silence."""

    max_cells: int = 400_000
    max_text: int = 8_000_000
    max_rows_held: int = 50_000
    max_columns: int = 2_000
    max_members: int = 1_000
    max_depth: int = 3
    max_ratio: int = 100
    max_child_bytes: int = 64_000_000
    max_parts: int = 2_000


@dataclass(frozen=True)
class Blob:
    """The bytes a reader gets: a file on disk (``path``) or bytes in memory (``data``)."""

    name: str
    path: str = ""
    data: bytes | None = None
    origin: Location = field(default_factory=Location)
    limits: Limits = field(default_factory=Limits)

    @property
    def suffix(self) -> str:
        base = self.name.rsplit("/", 1)[-1]
        return ("." + base.rsplit(".", 1)[1].lower()) if "." in base.lstrip(".") else ""

    @cached_property
    def size(self) -> int:
        if self.data is not None:
            return len(self.data)
        import os  # noqa: PLC0415

        return os.stat(self.path).st_size

    def head(self, count: int = 8192) -> bytes:
        """The first bytes."""
        if self.data is not None:
            return self.data[:count]
        with open(self.path, "rb") as stream:
            return stream.read(count)

    def read(self, cap: int = 256_000_000) -> bytes:
        """All bytes, at most ``cap``; raises ValueError over it (the engine makes that a ``cap`` trait)."""
        if self.size > cap:
            raise ValueError("over the size that is read whole")
        if self.data is not None:
            return self.data
        with open(self.path, "rb") as stream:
            return stream.read(cap)

"""The true type of a file, by content; the extension only chooses among texts (rule BIN-01 compares the two).

`KINDS` are the names readers declare. A kind without a reader is still named, so that findings can say what it is.
"""
# ruff: noqa: SIM905

import zlib
from dataclasses import dataclass

from tre.egress.checks.decode import looks_text, sniff_text
from tre.egress.checks.parts import Blob

# first bytes -> kind; longest prefixes first
_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"\xff\xd8\xff", "jpeg"),
    (b"GIF87a", "gif"),
    (b"GIF89a", "gif"),
    (b"II*\x00", "tiff"),
    (b"MM\x00*", "tiff"),
    (b"II+\x00", "tiff"),
    (b"BM", "bmp"),
    (b"%PDF-", "pdf"),
    (b"%!PS", "eps"),
    (b"\xc5\xd0\xd3\xc6", "eps"),
    (b"PAR1", "parquet"),
    (b"PARE", "parquet"),
    (b"ARROW1", "feather"),
    (b"FEA1", "feather"),
    (b"ORC", "orc"),
    (b"Obj\x01", "avro"),
    (b"\x89HDF\r\n\x1a\n", "hdf5"),
    (b"\x93NUMPY", "npy"),
    (b"SQLite format 3\x00", "sqlite"),
    (b"$FL2", "sav"),
    (b"$FL3", "sav"),
    (b"<stata_dta>", "dta"),
    (b"HEADER RECORD*******LIBRARY HEADER RECORD", "xpt"),
    (b"HEADER RECORD*******LIBV8", "xpt"),
    (b"RDX2\n", "rdata"),
    (b"RDX3\n", "rdata"),
    (b"RDA", "rdata"),
    (b"X\n\x00\x00\x00", "rds"),
    (b"A\n", "rds"),
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"Rar!\x1a\x07", "rar"),
    (b"\xfd7zXZ\x00", "xz"),
    (b"BZh", "bz2"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"\x04\x22\x4d\x18", "lz4"),
    (b"\x1f\x8b", "gzip"),
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),
    (b"PK\x07\x08", "zip"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "ole"),
    (b"{\\rtf", "rtf"),
    (b"\x7fELF", "executable"),
    (b"MZ", "executable"),
    (b"\xca\xfe\xba\xbe", "executable"),
    (b"GGUF", "gguf"),
    (b"\x01\x00\x00\x00", "emf"),
    (b"OggS", "media"),
    (b"ID3", "media"),
)
_SAS = bytes.fromhex("000000000000000000000000c2ea8160b31411cfbd92080009c7318c181f1011")
_EXTENSIONS: dict[str, str] = {
    ".csv": "csv", ".tsv": "csv", ".tab": "csv", ".psv": "csv", ".txt": "text", ".text": "text", ".asc": "text", ".dat": "text",
    ".md": "markdown", ".markdown": "markdown", ".qmd": "markdown", ".rmd": "markdown", ".rst": "markdown", ".tex": "latex", ".latex": "latex",
    ".html": "html", ".htm": "html", ".xhtml": "html", ".mht": "html", ".ipynb": "ipynb", ".json": "json", ".geojson": "json", ".jsonl": "jsonl",
    ".ndjson": "jsonl", ".yaml": "yaml", ".yml": "yaml", ".toml": "yaml", ".ini": "yaml", ".cfg": "yaml", ".svg": "svg", ".xml": "xml",
    ".log": "log", ".smcl": "log", ".out": "log", ".lst": "log", ".rout": "log", ".err": "log",
    ".py": "code", ".r": "code", ".do": "code", ".ado": "code", ".sas": "code", ".sql": "code", ".scala": "code", ".jl": "code", ".sh": "code",
    ".js": "code", ".ts": "code", ".java": "code", ".c": "code", ".cpp": "code", ".h": "code", ".sps": "code", ".stan": "code",
    ".xlsx": "xlsx", ".xlsm": "xlsx", ".xltx": "xlsx", ".xlsb": "xlsb", ".xls": "xls", ".ods": "ods", ".odt": "odt", ".odp": "odp", ".docx": "docx",
    ".docm": "docx", ".pptx": "pptx", ".pptm": "pptx", ".doc": "ole", ".ppt": "ole", ".pdf": "pdf", ".parquet": "parquet", ".pq": "parquet",
    ".feather": "feather", ".arrow": "feather", ".sas7bdat": "sas7bdat", ".xpt": "xpt", ".dta": "dta", ".sav": "sav", ".zsav": "sav", ".rds": "rds",
    ".rdata": "rdata", ".rda": "rdata", ".pkl": "pickle", ".pickle": "pickle", ".joblib": "pickle", ".pt": "torch", ".pth": "torch", ".ckpt": "torch",
    ".npy": "npy", ".npz": "npz", ".h5": "hdf5", ".hdf5": "hdf5", ".keras": "hdf5", ".safetensors": "safetensors", ".onnx": "onnx", ".gguf": "gguf",
    ".png": "png", ".jpg": "jpeg", ".jpeg": "jpeg", ".gif": "gif", ".tif": "tiff", ".tiff": "tiff", ".webp": "webp", ".bmp": "bmp", ".emf": "emf",
    ".wmf": "emf", ".eps": "eps", ".ps": "eps", ".zip": "zip", ".tar": "tar", ".tgz": "gzip", ".gz": "gzip", ".bz2": "bz2", ".xz": "xz", ".7z": "7z",
    ".rar": "rar", ".rtf": "rtf", ".gph": "gph", ".db": "sqlite", ".sqlite": "sqlite", ".dvc": "yaml", ".bib": "text",
}  # fmt: skip
KINDS: frozenset[str] = frozenset({*(kind for _, kind in _MAGIC), *_EXTENSIONS.values(), "unknown", "empty", "smcl"})
TEXT_KINDS = frozenset("csv text markdown latex html ipynb json jsonl yaml svg xml log code".split())
_ZIP_MARKS = (
    ("xl/workbook.bin", "xlsb"),
    ("xl/workbook.xml", "xlsx"),
    ("word/document.xml", "docx"),
    ("ppt/presentation.xml", "pptx"),
    ("archive/data.pkl", "torch"),
)


@dataclass(frozen=True)
class Identity:
    """The kind found, and what the extension says (empty when it says nothing)."""

    kind: str
    claimed: str = ""


def identify(blob: Blob) -> Identity:
    """The kind of ``blob`` by content. Reads its head only, and a zip's directory."""
    claimed = _EXTENSIONS.get(blob.suffix, "")
    head = blob.head(65536)
    if not head:
        return Identity("empty", claimed)
    kind = _binary_kind(blob, head)
    if kind == "" and looks_text(head):
        kind = sniff_text(head, claimed)
    return Identity(kind or _by_extension(head, claimed), claimed)


def _binary_kind(blob: Blob, head: bytes) -> str:  # noqa: PLR0911
    if head.startswith(_SAS[:32]):
        return "sas7bdat"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "webp"
    if head[257:262] == b"ustar":
        return "tar"
    if head[:1] == b"\x80" and head[1:2] in b"\x02\x03\x04\x05":
        return "pickle"
    if _safetensors(head):
        return "safetensors"
    for prefix, kind in _MAGIC:
        if head.startswith(prefix):
            return _refine(blob, head, kind)
    if b"%PDF-" in head[:1024]:
        return "pdf"
    if head[:1] in (b"\x71", b"\x72", b"\x73") and head[1:2] in b"\x01\x02" and blob.suffix == ".dta":
        return "dta"
    return ""


def _refine(blob: Blob, head: bytes, kind: str) -> str:
    if kind in ("zip", "gzip"):
        return _zip_kind(blob) if kind == "zip" else _gzip_kind(head)
    weak = kind in ("bmp", "emf", "media", "executable", "orc", "rds", "rdata")
    if weak and looks_text(head) and not (kind in ("rds", "rdata") and blob.suffix in (".rds", ".rda", ".rdata")):
        return ""
    if kind == "emf" and b" EMF" not in head[:64]:
        return ""
    if kind in ("bz2", "xz") and blob.suffix in (".rds", ".rda", ".rdata"):
        return _EXTENSIONS[blob.suffix]
    return kind


def _zip_kind(blob: Blob) -> str:
    import io  # noqa: PLC0415
    import zipfile  # noqa: PLC0415

    try:
        with zipfile.ZipFile(io.BytesIO(blob.data) if blob.data is not None else blob.path) as archive:
            names = set(archive.namelist()[:5000])
            mime = archive.read("mimetype")[:80].decode("latin-1") if "mimetype" in names else ""
    except Exception:  # a broken directory is still a zip; its reader reports it
        return "zip"
    for suffix, kind in (("spreadsheet", "ods"), ("text", "odt"), ("presentation", "odp")):
        if mime.startswith(f"application/vnd.oasis.opendocument.{suffix}"):
            return kind
    for mark, kind in _ZIP_MARKS:
        if any(name == mark or (name.endswith("/" + mark.split("/", 1)[-1]) and kind == "torch") for name in names):
            return kind
    if any(name.endswith("/data.pkl") or name == "data.pkl" for name in names):
        return "torch"
    return "npz" if names and all(name.endswith(".npy") for name in names) else "zip"


def _gzip_kind(head: bytes) -> str:
    inner = inflate_head(head)
    for prefix, kind in ((b"X\n\x00\x00", "rds"), (b"A\n", "rds"), (b"RDX", "rdata"), (b"RDA", "rdata")):
        if inner.startswith(prefix):
            return kind
    if inner[:1] == b"\x80" and inner[1:2] in b"\x02\x03\x04\x05":
        return "pickle"
    return "gzip"


def inflate_head(data: bytes, count: int = 4096) -> bytes:
    """The first ``count`` bytes inside a gzip or zlib head; empty when it is neither."""
    try:
        return zlib.decompressobj(wbits=47).decompress(data, count)
    except zlib.error:
        return b""


def _safetensors(head: bytes) -> bool:
    size = int.from_bytes(head[:8], "little")
    return 2 < size < 100_000_000 and head[8:9] == b"{" and b'"dtype"' in head[:4096]


def _by_extension(head: bytes, claimed: str) -> str:
    """Kinds without a magic: ``head`` is binary and nothing matched."""
    if claimed == "pickle" and head[:1] in b"\x80(]}cx":
        return "pickle"
    if claimed == "pickle" and inflate_head(head):
        return "pickle"
    return claimed if claimed in ("onnx", "dta", "rds", "rdata", "gph") else "unknown"

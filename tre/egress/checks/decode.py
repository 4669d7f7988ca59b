"""Text out of bytes: encodings, and which kind of text it is."""

import codecs
import json
import re

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CONTROL = bytes(set(range(32)) - {7, 8, 9, 10, 11, 12, 13, 27})


def encoding_of(head: bytes) -> str:
    """The encoding of a text by its first bytes: BOM, UTF-8, UTF-16 without BOM, else Windows-1252."""
    for mark, name in _BOMS:
        if head.startswith(mark):
            return name
    if head[1:200:2].count(0) > 40 and head[0:200:2].count(0) < 5:
        return "utf-16-le"
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head, final=False)
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def decode(data: bytes) -> str:
    """All of ``data`` as text; bytes that no encoding explains become U+FFFD."""
    encoding = encoding_of(data[:65536])
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        text = data.decode("utf-8" if encoding.startswith("utf-8") else "latin-1", errors="replace")
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def looks_text(head: bytes) -> bool:
    """Whether bytes read as text: hardly any control characters in the encoding they seem to have."""
    if any(head.startswith(mark) for mark, _ in _BOMS) or encoding_of(head) == "utf-16-le":
        return True
    bad = len(head) - len(head.translate(None, _CONTROL))
    return bad <= len(head) * 0.001


_FRONT = re.compile(
    r"^\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<!?\s*(doctype\s+html|html|svg|!doctype svg|doctype svg)\b", re.I | re.S
)
_PICKLE_TEXT = re.compile(rb"^(\(|c[\w.]+\n[\w.]+\n|\(dp\d+\n|\(lp\d+\n|ccopy_reg\n)")


def sniff_text(head: bytes, claimed: str) -> str:  # noqa: PLR0911
    """Which kind of text: content first where it is unmistakable, then the extension, then content again."""
    text = decode(head)
    if _PICKLE_TEXT.match(head) and head.count(b"\n") > 2 and (b"\np" in head or b"\ntR" in head):
        return "pickle"
    front = _FRONT.match(text)
    if front:
        return "svg" if "svg" in front[1].lower() else "html"
    if claimed == "code" or claimed in ("markdown", "latex", "yaml", "html", "ipynb", "jsonl", "log"):
        return _contradicted(text, claimed)
    stripped = text.lstrip()
    if stripped[:1] in "{[" and claimed in ("json", "", "text", "csv"):
        kind = _json_kind(stripped, claimed, len(head) < 65536)
        if kind:
            return kind
    if stripped.startswith("<?xml") or claimed == "xml":
        return "svg" if "<svg" in text[:4000] else "xml"
    if claimed in ("csv", "text", "svg"):
        return "csv" if claimed == "csv" else "text"
    if claimed in ("rds", "rdata") and text[:2] == "A\n":
        return claimed
    return "text"


def _contradicted(text: str, claimed: str) -> str:
    if claimed == "ipynb" and not text.lstrip().startswith("{"):
        return "text"
    if claimed == "html" and "<" not in text:
        return "text"
    return claimed


def _json_kind(text: str, claimed: str, whole: bool) -> str:
    if '"nbformat"' in text and '"cells"' in text:
        return "ipynb"
    if claimed == "json":
        return "json"
    if whole:
        try:
            json.loads(text)
        except ValueError:
            first = text.split("\n", 1)[0]
            return "jsonl" if _is_json(first) else ""
        return "json"
    return "json" if text[:1] == "{" and '":' in text[:2000] else ""


def _is_json(line: str) -> bool:
    try:
        return isinstance(json.loads(line), dict | list)
    except ValueError:
        return False

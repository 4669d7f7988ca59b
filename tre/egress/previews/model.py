"""The data of a preview, and its JSON form between the two processes."""

import base64
import unicodedata
from dataclasses import dataclass, field
from typing import Any

MAX_ROWS, MAX_COLUMNS, MAX_CELL = 200, 60, 300
MAX_TEXT, MAX_LINES = 200_000, 4_000
MAX_PAGES, MAX_IMAGES, MAX_SIDE = 20, 30, 1600
MAX_BLOCKS = 200


@dataclass(frozen=True)
class Table:
    """Rows of text; the first may be a header. ``title`` is a sheet's name."""

    rows: tuple[tuple[str, ...], ...]
    title: str = ""


@dataclass(frozen=True)
class Text:
    """Text, shown as it is; ``role`` is text, code, markdown or output."""

    text: str
    role: str = "text"


@dataclass(frozen=True)
class Image:
    """A picture that we encoded: PNG, no metadata."""

    png: bytes = field(repr=False)
    width: int = 0
    height: int = 0


Block = Table | Text | Image


@dataclass(frozen=True)
class Preview:
    """What is shown of a file. ``note`` is a code when nothing can be: unknown-type, failed, too-large."""

    kind: str
    blocks: tuple[Block, ...] = ()
    truncated: bool = False
    note: str = ""


def clean(text: str, limit: int = MAX_TEXT) -> str:
    """Text without characters that hide or reorder text: those are shown by their code point."""
    return "".join(_visible(char) for char in text[:limit])


def _visible(char: str) -> str:
    if char in "\n\t":
        return char
    if char == "\r":
        return ""
    category = unicodedata.category(char)
    return f"⟨U+{ord(char):04X}⟩" if category in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"} else char


def to_body(preview: Preview) -> dict[str, Any]:
    """Plain data for JSON."""
    return {
        "kind": preview.kind,
        "truncated": preview.truncated,
        "note": preview.note,
        "blocks": [_block_body(block) for block in preview.blocks],
    }


def _block_body(block: Block) -> dict[str, Any]:
    if isinstance(block, Table):
        return {"table": [list(row) for row in block.rows], "title": block.title}
    if isinstance(block, Text):
        return {"text": block.text, "role": block.role}
    return {"png": base64.b64encode(block.png).decode(), "width": block.width, "height": block.height}


def from_body(body: dict[str, Any]) -> Preview:
    """Read back what the worker wrote, believing nothing: types, caps and PNG signature are checked again.

    Raises ValueError, KeyError or TypeError when it is not a preview.
    """
    blocks = tuple(_block(item) for item in body["blocks"][:MAX_BLOCKS])
    return Preview(str(body["kind"])[:40], blocks, bool(body["truncated"]), str(body["note"])[:40])


def _block(item: dict[str, Any]) -> Block:
    if "table" in item:
        rows = tuple(
            tuple(clean(str(cell), MAX_CELL) for cell in row[:MAX_COLUMNS]) for row in item["table"][:MAX_ROWS]
        )
        return Table(rows, clean(str(item.get("title", "")), 200))
    if "text" in item:
        role = str(item.get("role", "text"))
        return Text(clean(str(item["text"])), role if role in {"text", "code", "markdown", "output"} else "text")
    png = base64.b64decode(item["png"], validate=True)
    if not png.startswith(b"\x89PNG\r\n\x1a\n"):
        raise ValueError("not a PNG")
    return Image(png, int(item["width"]), int(item["height"]))

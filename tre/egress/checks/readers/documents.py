"""docx, pptx, odt, odp: paragraphs, tables, deleted text, comments, alternative texts, embedded workbooks."""

import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from tre.egress.checks.parts import Blob, Part, Table, Text, Trait
from tre.egress.checks.reader import Reader
from tre.egress.checks.readers.archives import join
from tre.egress.checks.readers.ooxml import package_parts, xml_root

_MAX_BYTES = 128_000_000
_TEXTS = re.compile(
    r"^(?:word/(?:document|footnotes|endnotes|header\d*|footer\d*|comments)\.xml|ppt/(?:slides|notesSlides|comments)/[^/]+\.xml|content\.xml)$"
)


def read(blob: Blob) -> Iterator[Part]:
    """Parts of each XML part that holds text, then of the package."""
    with zipfile.ZipFile(io.BytesIO(blob.read(_MAX_BYTES))) as package:
        if sum(info.file_size for info in package.infolist()) > blob.limits.max_ratio * blob.size + (64 << 20):
            yield Trait(blob.origin, "archive-ratio")
            return
        for name in sorted(package.namelist()):
            if _TEXTS.match(name):
                origin = replace(blob.origin, member=join(blob.origin.member, name))
                yield from _xml(xml_root(package.read(name)), origin, name)
        yield from package_parts(package, blob)


def _local(element: Any) -> str:
    return str(element.tag).rsplit("}", 1)[-1]


def _xml(root: Any, origin: Any, name: str) -> Iterator[Part]:
    for number, table in enumerate((e for e in root.iter() if _local(e) in ("tbl", "table")), 1):
        rows = [
            [_words(cell) for cell in row if _local(cell) in ("tc", "table-cell", "covered-table-cell")]
            for row in table.iter()
            if _local(row) in ("tr", "table-row")
        ]
        rows = [row for row in rows if row]
        width = max(map(len, rows), default=0)
        if rows and width:
            grid = tuple(tuple(row) + ("",) * (width - len(row)) for row in rows)
            yield Table(replace(origin, pointer=f"/table/{number}"), rows=grid, total_rows=len(grid))
    names = {_local(element) for element in root.iter()}
    if names & {"del", "delText", "moveFrom", "tracked-changes"}:
        yield Trait(origin, "office-tracked-changes")
        yield Text(origin, " ".join(e.text or "" for e in root.iter() if _local(e) == "delText"), "hidden")
    if names & {"vanish"} or any(_local(e) == "sld" and e.get("show") == "0" for e in root.iter()):
        yield Trait(origin, "office-hidden-text")
    if "comments" in name:
        yield Trait(origin, "office-comment")
    descriptions = [e.get("descr", "") for e in root.iter() if e.get("descr")]
    text = "\n".join(_words(e) for e in root.iter() if _local(e) in ("p", "h"))
    yield Text(origin, text + "\n" + "\n".join(descriptions), "comment" if "comments" in name else "prose")


def _words(element: Any) -> str:
    return " ".join("".join(part for part in element.itertext()).split())


READER = Reader("documents", kinds=("docx", "pptx", "odt", "odp"), read=read)

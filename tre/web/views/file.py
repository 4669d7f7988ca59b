"""The page of one file: findings, an inert preview whose marked cells are those of the findings, earlier releases."""

import base64
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from tre.audit.events import AuditEvent
from tre.core.people import Actor
from tre.egress.contracts import Parts
from tre.egress.models import Release, ReleasedFile
from tre.egress.permissions import unknown
from tre.egress.preview import Difference, difference, preview
from tre.egress.previews.model import Block, Image, Text
from tre.egress.views import FileView, FindingView
from tre.web.views.request import RequestPage, request_page

_RANGE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})(?::([A-Z]{1,3})([0-9]{1,7}))?")
_MOST_MARKS = 5_000


@dataclass(frozen=True)
class Cell:
    """A cell as text; ``mark`` says in words why it is marked."""

    text: str
    mark: str = ""
    rule: str = ""
    severity: str = ""


@dataclass(frozen=True)
class Part:
    """One piece of a preview: ``kind`` is table, text or image; ``picture`` a PNG that we drew, as a data address."""

    kind: str
    title: str = ""
    rows: Sequence[Sequence[Cell]] = ()
    text: str = ""
    picture: str = ""


@dataclass(frozen=True)
class Earlier:
    """A file that the project released before."""

    name: str
    size: int
    at: datetime


@dataclass(frozen=True)
class FilePage:
    """Everything on the page. ``note`` is a code when there is no preview."""

    page: RequestPage
    file: FileView
    parts: Sequence[Part] = ()
    cut: bool = False
    note: str = ""
    difference: Difference | None = None
    earlier: Sequence[Earlier] = field(default=())


def file_page(session: Session, parts: Parts, actor: Actor, place: tuple[str, str], language: str) -> FilePage:
    """``place`` = (request, file). Raises NotFound for whoever may not read the file; looking is logged."""
    page = request_page(session, parts, actor, place[0])
    file = next((file for file in page.view.files if file.id == place[1]), None)
    if file is None:
        raise unknown("file")
    earlier = _earlier(session, page.view.summary.slug, page.view.summary.id)
    if file.sha256 is None:
        return FilePage(page, file, note="not-pinned", earlier=earlier)
    event = AuditEvent("egress.preview", actor)
    shown = preview(session, parts, place, event=event)
    return FilePage(
        page=page,
        file=file,
        parts=[_part(block, file, language) for block in shown.blocks],
        cut=shown.truncated,
        note=shown.note,
        difference=difference(session, parts, place, event=event) if file.replaces else None,
        earlier=earlier,
    )


def _part(block: Block, file: FileView, language: str) -> Part:
    if isinstance(block, Text):
        return Part("text", block.role, text=block.text)
    if isinstance(block, Image):
        return Part("image", picture=f"data:image/png;base64,{base64.b64encode(block.png).decode()}")
    marked = marks(file.findings, language, block.title)
    return Part("table", block.title, rows=[_row(row, number, marked) for number, row in enumerate(block.rows)])


def _row(texts: Sequence[str], number: int, marked: dict[tuple[int, int], Cell]) -> list[Cell]:
    cells_of_row = []
    for column, shown in enumerate(texts):
        mark = marked.get((number, column))
        cells_of_row.append(replace(mark, text=shown) if mark else Cell(shown))
    return cells_of_row


def _earlier(session: Session, slug: str, request_id: str) -> list[Earlier]:
    query = (
        select(ReleasedFile.name, ReleasedFile.size, Release.released_at)
        .join(Release, Release.id == ReleasedFile.release_id)
        .where(Release.slug == slug, Release.request_id != request_id)
        .order_by(Release.released_at.desc())
        .limit(10)
    )
    return [Earlier(name, size, at) for name, size, at in session.execute(query)]


def marks(findings: Sequence[FindingView], language: str, sheet: str = "") -> dict[tuple[int, int], Cell]:
    """(row, column), from 0, of every cell that a finding points at on this sheet; the gravest finding wins."""
    found: dict[tuple[int, int], Cell] = {}
    for finding in sorted(findings, key=lambda item: item.severity == "block"):
        if sheet and finding.location.get("sheet") not in (None, "", sheet):
            continue
        cell = Cell("", finding.title.get(language, finding.rule), finding.rule, finding.severity)
        for place in cells(str(finding.location.get("cells") or "")):
            if len(found) >= _MOST_MARKS:
                return found
            found[place] = cell
    return found


def cells(ranges: str) -> Iterator[tuple[int, int]]:
    """The places of "B4,C5:D6", row and column from 0."""
    for match in _RANGE.finditer(ranges):
        left, top, right, bottom = match.groups()
        for row in range(int(top) - 1, int(bottom or top)):
            for column in range(_column(left), _column(right or left) + 1):
                yield row, column


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1

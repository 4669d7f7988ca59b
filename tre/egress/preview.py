"""Previews and differences of a request's files, for whoever may see its content; each view is logged."""

import difflib
from dataclasses import dataclass

from sqlalchemy.orm import Session

from tre.audit.events import AuditEvent
from tre.audit.service import record
from tre.core.errors import Conflict
from tre.egress import permissions, store
from tre.egress.case import Case
from tre.egress.checking import pinned_bytes
from tre.egress.contracts import Parts
from tre.egress.models import File
from tre.egress.previews import Preview, Table, Text, render

_MAX_LINES = 2_000


@dataclass(frozen=True)
class Difference:
    """What changed since the version before, as a unified diff of the previews; ``same_bytes`` when nothing."""

    previous: str
    same_bytes: bool
    lines: tuple[str, ...] = ()
    pictures_changed: bool = False


def preview(session: Session, parts: Parts, place: tuple[str, str], *, event: AuditEvent) -> Preview:
    """The inert preview of ``place`` = (request, file). Raises NotFound, or Conflict before the file was pinned."""
    case, file = _reading(session, parts, place, event)
    shown = render(file.name, pinned_bytes(case, file))
    _note(case, file, event, "egress.preview")
    return shown


def difference(session: Session, parts: Parts, place: tuple[str, str], *, event: AuditEvent) -> Difference | None:
    """What changed since the version that this file replaces; None for a first version."""
    case, file = _reading(session, parts, place, event)
    if file.replaces is None:
        return None
    old = store.get_file(session, file.request_id, file.replaces)
    _note(case, file, event, "egress.difference")
    if old.sha256 == file.sha256:
        return Difference(old.id, same_bytes=True)
    before, after = render(old.name, pinned_bytes(case, old)), render(file.name, pinned_bytes(case, file))
    lines = list(difflib.unified_diff(_lines(before), _lines(after), "before", "after", lineterm="", n=2))
    return Difference(old.id, False, tuple(lines[:_MAX_LINES]), _pictures(before) != _pictures(after))


def _reading(session: Session, parts: Parts, place: tuple[str, str], event: AuditEvent) -> tuple[Case, File]:
    request = store.get_request(session, place[0])
    project = parts.projects.view(session, request.slug)
    permissions.check_see_content(event.actor, project, request)
    file = store.get_file(session, *place)
    if file.sha256 is None:
        raise Conflict("file-not-pinned", "This file is not submitted yet.", "Open it in your workspace.")
    return Case(session, parts, request, project), file


def _note(case: Case, file: File, event: AuditEvent, action: str) -> None:
    detail = {**event.detail, "file": file.id, "sha256": file.sha256}
    record(
        case.session,
        AuditEvent(action, event.actor, case.request.slug, case.request.id, detail=detail),
        case.parts.clock,
    )


def _lines(shown: Preview) -> list[str]:
    lines: list[str] = []
    for block in shown.blocks:
        if isinstance(block, Table):
            lines += ["\t".join(row) for row in block.rows]
        elif isinstance(block, Text):
            lines += block.text.splitlines()
    return lines


def _pictures(shown: Preview) -> list[bytes]:
    return [block.png for block in shown.blocks if not isinstance(block, Table | Text)]

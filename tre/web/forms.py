"""Reading what a form sent."""

from datetime import date
from typing import Annotated

from fastapi import Depends, Request
from starlette.datastructures import FormData, UploadFile

from tre.audit.events import AuditEvent
from tre.core.errors import Invalid
from tre.core.people import Actor


async def _read(request: Request) -> FormData:
    """The form, read once (the check of the form token has read it already)."""
    return await request.form()


Fields = Annotated[FormData, Depends(_read)]


def text(fields: FormData, name: str) -> str:
    """A text field, stripped; empty when it was not sent."""
    value = fields.get(name, "")
    return value.strip() if isinstance(value, str) else ""


def texts(fields: FormData, name: str) -> list[str]:
    """A field that repeats, in the order of the page; empty rows included, so that columns stay aligned."""
    return [value.strip() for value in fields.getlist(name) if isinstance(value, str)]


def day(fields: FormData, name: str) -> date | None:
    """A date field; raises Invalid ``date-invalid``."""
    return as_day(text(fields, name))


def as_day(value: str) -> date | None:
    """None for nothing; raises Invalid ``date-invalid`` for something that is no date."""
    if not value:
        return None
    try:
        return date.fromisoformat(value)
    except ValueError as wrong:
        raise Invalid("date-invalid", "A date is not understood.", "Write dates as year-month-day.") from wrong


def whole(fields: FormData, name: str) -> int:
    """A whole number; raises Invalid ``number-invalid``."""
    try:
        return int(text(fields, name))
    except ValueError as wrong:
        raise Invalid("number-invalid", f"{name} is not a whole number.", "Write digits only.") from wrong


def upload(fields: FormData, name: str, max_bytes: int) -> bytes | None:
    """A file's bytes, None when none was chosen; raises Invalid ``file-too-large``."""
    sent = fields.get(name)
    if not isinstance(sent, UploadFile) or not sent.filename:
        return None
    sent.file.seek(0)
    data = sent.file.read(max_bytes + 1)
    if len(data) > max_bytes:
        raise Invalid("file-too-large", f"This file is over {max_bytes:,} bytes.", "Choose a smaller file.")
    return data


def act(action: str, actor: Actor, project: str | None = None, target: str | None = None) -> AuditEvent:
    """The event of what a form asks for; domains add what they know."""
    return AuditEvent(action=action, actor=actor, project=project, target=target)

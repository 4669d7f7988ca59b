"""What an adapter answers."""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime

from tre.audit.events import Json, Outcome

SESSION = re.compile(r"^ses-[0-9a-z]{1,40}$")


@dataclass(frozen=True)
class Told:
    """One thing that another system saw. ``session`` is None when its credentials are nobody's."""

    action: str
    at: datetime
    session: str | None
    project: str | None
    outcome: Outcome
    address: str | None
    detail: dict[str, Json] = field(default_factory=dict)


def read_time(text: str) -> datetime:
    """An RFC 3339 time with any number of decimals, in UTC; raises ValueError."""
    whole, _, rest = text.removesuffix("Z").partition(".")
    digits = re.match(r"\d*", rest)
    fraction = (digits.group() if digits else "")[:6].ljust(6, "0")
    return datetime.fromisoformat(f"{whole}.{fraction}").replace(tzinfo=UTC)


def clean(text: object, limit: int = 300) -> str:
    """Foreign text, cut to a length, without what UTF-8 cannot say; the log's JSON escapes what is not printable."""
    return str(text)[:limit].encode("utf-8", "replace").decode("utf-8")

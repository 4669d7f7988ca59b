"""The context form of a file: what a reviewer needs to know, and nothing that is missing may be submitted."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from tre.core.errors import Invalid

REQUIRED = ("what", "population", "n", "variables", "controls", "relation")
_MAX_TEXT = 4000


def parse(form: Mapping[str, Any]) -> dict[str, Any]:
    """A checked copy: known fields, plain types. Raises Invalid ``context-invalid``. Fields may still be empty."""
    unknown = set(form) - set(REQUIRED)
    if unknown:
        raise _invalid(f"unknown fields: {', '.join(sorted(map(str, unknown)))}")
    clean: dict[str, Any] = {key: _text(key, form.get(key)) for key in ("what", "population", "controls", "relation")}
    clean["n"] = _count(form.get("n"))
    clean["variables"] = _names(form.get("variables"))
    return clean


def missing(form: Mapping[str, Any]) -> list[str]:
    """Required fields that are empty, in the order of the form."""
    return [key for key in REQUIRED if form.get(key) in (None, "", [])]


def digest(form: Mapping[str, Any]) -> str:
    """SHA-256 of the canonical form: what a vote binds and the log carries."""
    return hashlib.sha256(json.dumps(dict(form), sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def _text(key: str, value: Any) -> str:
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > _MAX_TEXT or "\x00" in value:
        raise _invalid(f"`{key}` must be text of at most {_MAX_TEXT} characters")
    return value.strip()


def _count(value: Any) -> int | None:
    if value in (None, ""):
        return None
    try:
        number = int(str(value).strip())
    except ValueError:
        raise _invalid("`n` must be a whole number of people") from None
    if number < 0 or number > 10**10:
        raise _invalid("`n` must be a whole number of people")
    return number


def _names(value: Any) -> list[str]:
    if not value:
        return []
    parts = value.split(",") if isinstance(value, str) else value
    if not isinstance(parts, list | tuple) or len(parts) > 500:
        raise _invalid("`variables` must be a list of names")
    return [name for name in (_text("variables", part) for part in parts) if name]


def _invalid(why: str) -> Invalid:
    return Invalid("context-invalid", f"The context form cannot be used: {why}.", f"Give {', '.join(REQUIRED)}.")

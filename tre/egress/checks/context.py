"""The context form of a request: per file, what it is and what was done to it (rule CTX-01; OpenSAFELY's second reject reason)."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tre.core.errors import Invalid

FIELDS = ("what", "population", "n", "variables", "controls", "relation")
REQUIRED = ("what", "population", "n", "variables", "controls")


@dataclass(frozen=True)
class FileContext:
    """One file's form. ``n`` is the number of people behind the file; ``relation`` says how it relates to earlier outputs."""

    what: str = ""
    population: str = ""
    n: int | None = None
    variables: tuple[str, ...] = ()
    controls: str = ""
    relation: str = ""

    @property
    def missing(self) -> tuple[str, ...]:
        """Required fields that are empty."""
        return tuple(name for name in REQUIRED if getattr(self, name) in ("", None, ()))


@dataclass(frozen=True)
class Context:
    """The forms of a request by file name. ``given`` is False when no form was supplied at all (a local first check)."""

    files: Mapping[str, FileContext] = field(default_factory=dict)
    given: bool = False

    @classmethod
    def load(cls, path: str | Path) -> "Context":
        """Read a YAML or JSON form; raises Invalid ``context-invalid``."""
        try:
            return cls.parse(yaml.safe_load(Path(path).read_text("utf-8")))
        except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
            raise _invalid("it cannot be read") from error

    @classmethod
    def parse(cls, data: object) -> "Context":
        """From ``{"files": {name: {what, population, n, variables, controls, relation}}}``; raises Invalid ``context-invalid``."""
        if not isinstance(data, Mapping) or not isinstance(data.get("files"), Mapping):
            raise _invalid("it must hold `files:` with one entry per file name")
        return cls({str(name): _file_context(form) for name, form in data["files"].items()}, given=True)

    def for_file(self, name: str) -> FileContext | None:
        """The form of ``name``, or None."""
        return self.files.get(name)

    def digest(self) -> str:
        """A hash of the forms: a vote binds it."""
        body = {"given": self.given, "files": {name: asdict(form) for name, form in self.files.items()}}
        return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()


def _file_context(form: object) -> FileContext:
    if not isinstance(form, Mapping):
        raise _invalid("each file's entry must be a mapping")
    unknown = set(map(str, form)) - set(FIELDS)
    if unknown:
        raise _invalid(f"unknown fields: {', '.join(sorted(unknown))}")
    return FileContext(
        what=str(form.get("what") or ""),
        population=str(form.get("population") or ""),
        n=_count(form.get("n")),
        variables=_names(form.get("variables")),
        controls=str(form.get("controls") or ""),
        relation=str(form.get("relation") or ""),
    )


def _count(value: Any) -> int | None:
    if value in (None, ""):
        return None
    try:
        return int(value)
    except (TypeError, ValueError) as error:
        raise _invalid("`n` must be a whole number") from error


def _names(value: Any) -> tuple[str, ...]:
    if not value:
        return ()
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    if isinstance(value, list | tuple):
        return tuple(str(part) for part in value)
    raise _invalid("`variables` must be a list of names")


def _invalid(why: str) -> Invalid:
    return Invalid(
        "context-invalid",
        f"The context form cannot be used: {why}.",
        f"Give, for each file, {', '.join(FIELDS)}; see docs/disclosure/context.md.",
    )

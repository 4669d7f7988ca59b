"""What a reader is, and how readers are found: one file each in ``readers/`` with a module constant ``READER``."""

import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tre.egress.checks.parts import Blob, Part


@dataclass(frozen=True)
class Reader:
    """Reads the types named in ``kinds`` (see `identify.KINDS`); ``read(blob)`` yields parts as it goes.

    It may raise: the engine turns any exception into a ``parse-error`` trait and keeps the parts already yielded.
    """

    id: str
    kinds: tuple[str, ...]
    read: "Callable[[Blob], Iterator[Part]]"


@cache
def reader_for(kind: str) -> Reader | None:
    """The reader of ``kind``; only its own module is imported, so that start-up stays short."""
    return _table().get(kind)


@cache
def _table() -> dict[str, Reader]:
    from tre.egress.checks import readers  # noqa: PLC0415

    table: dict[str, Reader] = {}
    for module in sorted(pkgutil.iter_modules(readers.__path__), key=lambda entry: entry.name):
        reader = getattr(import_module(f"{readers.__name__}.{module.name}"), "READER", None)
        if reader is not None:
            table.update(dict.fromkeys(reader.kinds, reader))
    return table

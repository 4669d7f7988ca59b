"""The release ledger: for each table a project released, hashed labels and counts, one JSON line a table (rules DIF-*).

Labels are hashed with a key of the project, so that two projects' ledgers cannot be joined; counts are kept as they are,
which is why a ledger stays inside the environment. The first line may hold the key: ``{"ledger": 1, "key": "<hex>"}``.
"""

import hashlib
import hmac
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tre.core.errors import Invalid
from tre.egress.checks.model import CellTable, Report


@dataclass(frozen=True)
class LedgerEntry:
    """One released table. ``cells`` maps keyed hashes of labels to counts."""

    release: str
    file: str
    signature: str
    cells: tuple[tuple[str, float], ...]
    rounded_to: int = 1
    totals: tuple[float, ...] = ()

    def to_json(self) -> str:
        """One line, sorted keys."""
        body = {
            "release": self.release,
            "file": self.file,
            "signature": self.signature,
            "rounded_to": self.rounded_to,
            "cells": dict(self.cells),
            "totals": list(self.totals),
        }
        return json.dumps(body, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


@dataclass(frozen=True)
class Ledger:
    """Everything a project released before."""

    entries: tuple[LedgerEntry, ...] = ()
    key: str = ""

    @classmethod
    def load(cls, path: str | Path) -> "Ledger":
        """Read a JSON-lines file; raises Invalid ``ledger-invalid``."""
        try:
            return cls.parse(Path(path).read_text("utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            raise _invalid("it cannot be read") from error

    @classmethod
    def parse(cls, text: str | Iterable[str]) -> "Ledger":
        """From JSON lines; raises Invalid ``ledger-invalid`` naming the line."""
        lines = text.splitlines() if isinstance(text, str) else list(text)
        entries: list[LedgerEntry] = []
        key = ""
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                data = json.loads(line)
                if "ledger" in data:
                    key = str(data.get("key", ""))
                else:
                    entries.append(_entry(data))
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                raise _invalid(f"line {number} is not an entry") from error
        return cls(tuple(entries), key)

    def keyed(self, table: CellTable) -> tuple[str, dict[str, float]]:
        """Signature and cells of ``table`` under this ledger's key."""
        return keyed_hash(self.key, table.signature), {keyed_hash(self.key, name): value for name, value in table.cells}

    def digest(self) -> str:
        """A hash of the ledger, cited by the report."""
        body = "\n".join(sorted(entry.to_json() for entry in self.entries))
        return hashlib.sha256(body.encode()).hexdigest()


def keyed_hash(key: str, text: str) -> str:
    """HMAC-SHA-256 of ``text``, shortened to 96 bits: enough to tell apart the labels of one project."""
    return hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest()[:24]


def ledger_entries(report: Report, release_id: str, key: str = "", files: Sequence[str] = ()) -> list[LedgerEntry]:
    """What the release of ``report``'s files (all, or those named) adds to the ledger whose key is ``key``."""
    ledger = Ledger(key=key)
    entries = []
    for file in report.files:
        if files and file.name not in files:
            continue
        for table in file.tables:
            signature, cells = ledger.keyed(table)
            entries.append(
                LedgerEntry(
                    release=release_id,
                    file=file.name,
                    signature=signature,
                    cells=tuple(sorted(cells.items())),
                    rounded_to=table.rounded_to,
                    totals=table.totals,
                )
            )
    return entries


def _entry(data: dict[str, Any]) -> LedgerEntry:
    return LedgerEntry(
        release=str(data["release"]),
        file=str(data.get("file", "")),
        signature=str(data["signature"]),
        cells=tuple(sorted((str(name), float(value)) for name, value in data["cells"].items())),
        rounded_to=int(data.get("rounded_to", 1)),
        totals=tuple(float(value) for value in data.get("totals", ())),
    )


def _invalid(why: str) -> Invalid:
    return Invalid(
        "ledger-invalid",
        f"The release ledger cannot be used: {why}.",
        "Fetch it again from the control plane; without it, differences to earlier releases cannot be checked.",
    )

"""Every sample of the unit tests, and each table again in the formats that programs write."""

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass

import openpyxl

from tests.unit.egress.checks.samples import CASES, Case


@dataclass(frozen=True)
class Labelled:
    """A file and what is known of it."""

    case: Case
    name: str
    data: bytes


def corpus() -> Iterator[Labelled]:
    """Files with their labels, in a fixed order."""
    for number, case in enumerate(CASES):
        yield Labelled(case, f"{number:03d}-{case.name}", case.content.encode())
        if case.name.endswith(".csv") and case.content.strip() and not case.content.startswith("PK"):
            for name, data in variants(case.content).items():
                yield Labelled(case, f"{number:03d}-{name}", data)


def variants(content: str) -> dict[str, bytes]:
    """The same table as tsv, xlsx, html, json and markdown."""
    delimiter = ";" if ";" in content.split("\n", 1)[0] else ","
    rows = list(csv.reader(io.StringIO(content), delimiter=delimiter))
    found = {
        "table.tsv": "\n".join("\t".join(row) for row in rows).encode(),
        "table.xlsx": _xlsx(rows),
        "table.html": _html(rows).encode(),
        "table.md": (
            "| " + " |\n| ".join(" | ".join(row) for row in [rows[0], ["---"] * len(rows[0]), *rows[1:]]) + " |\n"
        ).encode(),
    }
    if len(set(rows[0])) == len(rows[0]):
        found["table.json"] = json.dumps(
            [dict(zip(rows[0], map(_value, row), strict=False)) for row in rows[1:]]
        ).encode()
    return found


def _value(text: str) -> str | int | float:
    try:
        return int(text)
    except ValueError:
        try:
            return float(text)
        except ValueError:
            return text


def _xlsx(rows: list[list[str]]) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append([_value(cell) if len(cell) < 12 else cell for cell in row])
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def _html(rows: list[list[str]]) -> str:
    head = "".join(f"<th>{cell}</th>" for cell in rows[0])
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows[1:])
    return f"<html><body><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></body></html>"

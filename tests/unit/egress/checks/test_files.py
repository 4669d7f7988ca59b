"""Hidden payloads and hostile files (requirements E24, E25): none hangs, runs, or passes silently."""

import io
import json
import os
import pickle
import struct
import tarfile
import zipfile
import zlib
from pathlib import Path

import openpyxl
import pytest

from tests.unit.egress.checks.conftest import Check, rules
from tests.unit.egress.checks.samples import people
from tre.egress.checks import Input, Policy, check


def archive(members: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as package:
        for name, data in members.items():
            package.writestr(name, data)
    return stream.getvalue()


def png(extra: bytes = b"", text: bytes = b"") -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 120, 120, 8, 0, 0, 0, 0)
    body = chunk(b"IHDR", header) + (chunk(b"tEXt", b"Comment\0" + text) if text else b"")
    return (
        b"\x89PNG\r\n\x1a\n"
        + body
        + chunk(b"IDAT", zlib.compress((b"\0" + b"\0" * 120) * 120))
        + chunk(b"IEND", b"")
        + extra
    )


@pytest.fixture
def workbook(tmp_path: Path) -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (("sex", "n"), ("F", 412), ("M", 388)):
        sheet.append(row)
    path = tmp_path / "book.xlsx"
    book.save(path)
    return path


@pytest.mark.requirement("E24")
def test_hidden_sheet_is_found_and_its_rows_are_checked(check_text: Check, workbook: Path) -> None:
    book = openpyxl.load_workbook(workbook)
    hidden = book.create_sheet("raw")
    hidden.sheet_state = "veryHidden"
    for line in people().splitlines():
        hidden.append(line.split(","))
    book.save(workbook)
    report = check_text(workbook.read_bytes(), "book.xlsx")
    assert {"DOC-01", "MIC-02"} <= rules(report, "block")


def test_plain_workbook_passes(check_text: Check, workbook: Path) -> None:
    assert check_text(workbook.read_bytes(), "book.xlsx").verdict.label == "pass"


@pytest.mark.requirement("E24")
@pytest.mark.parametrize(
    ("name", "data", "rule"),
    [
        ("zip in zip", archive({"inner.zip": archive({"people.csv": people().encode()})}), "MIC-02"),
        ("traversal", archive({"../../etc/x.csv": b"a,b\n1,2\n"}), "ARC-01"),
        (
            "four levels",
            archive({"a.zip": archive({"b.zip": archive({"c.zip": archive({"d.zip": archive({"e.csv": b"a"})})})})}),
            "ARC-01",
        ),
        ("bomb", archive({"zeros.csv": b"0" * 30_000_000}), "ARC-01"),
    ],
)
def test_archives(check_text: Check, name: str, data: bytes, rule: str) -> None:
    assert rule in rules(check_text(data, "out.zip"), "block"), name


def test_archive_links_block(check_text: Check) -> None:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as package:
        link = tarfile.TarInfo("link.csv")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        package.addfile(link)
    assert "ARC-01" in rules(check_text(stream.getvalue(), "out.tar.gz"), "block")


@pytest.mark.requirement("E24")
def test_picture_with_an_archive_behind_it(check_text: Check) -> None:
    report = check_text(png(extra=archive({"people.csv": people().encode()})), "plot.png")
    assert "BIN-01" in rules(report, "block")


def test_picture_metadata_is_found_and_a_plain_picture_is_for_a_person(check_text: Check) -> None:
    assert "FIG-04" in rules(check_text(png(text=b"Service de cardiologie, salle 4"), "plot.png"))
    assert rules(check_text(png(), "plot.png"), "review") == {"FIG-03"}


class Runs:
    """Would run a program if it were loaded."""

    def __init__(self, path: str) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (self.path,)


@pytest.mark.requirement("E25")
def test_pickle_is_never_loaded(check_text: Check, tmp_path: Path) -> None:
    target = tmp_path / "made"
    report = check_text(pickle.dumps(Runs(str(target))), "model.pkl")
    assert "MOD-05" in rules(report, "block")
    assert not target.exists()


def test_pickled_training_rows_block(check_text: Check) -> None:
    data = pickle.dumps({"_fit_X": [[1.0, 2.0]] * 80, "durations": list(range(60))})
    assert "MOD-01" in rules(check_text(data, "model.pkl"), "block")


def test_coefficients_in_a_pickle_pass(check_text: Check) -> None:
    assert check_text(pickle.dumps({"coef": [0.1, 0.2], "intercept": 3.0}), "model.pkl").verdict.label == "pass"


@pytest.mark.requirement("E24")
def test_notebook_outputs_are_read(check_text: Check) -> None:
    output = {"output_type": "stream", "text": "  sex   n\n0   F   3\n1   M  40\n"}
    notebook = {"nbformat": 4, "metadata": {}, "cells": [{"cell_type": "code", "source": "t", "outputs": [output]}]}
    report = check_text(json.dumps(notebook), "a.ipynb")
    found = next(finding for finding in report.findings if finding.rule == "FRQ-01")
    assert found.severity.label == "block"
    assert found.location.pointer == "/cells/0/outputs/0"


@pytest.mark.requirement("E24")
def test_plot_data_in_a_page(check_text: Check) -> None:
    points = [{"x": i * 0.7, "y": i * 1.3} for i in range(80)]
    page = f"<html><body><div id='p'></div><script>Plotly.newPlot('p', {json.dumps(points)})</script></body></html>"
    assert "FIG-02" in rules(check_text(page, "plot.html"), "block")


def test_vector_plot_of_points_blocks_and_a_line_is_reviewed(check_text: Check) -> None:
    circles = "".join(f"<circle cx='{i}' cy='{i * 2}' r='2'/>" for i in range(60))
    assert "FIG-01" in rules(check_text(f"<svg xmlns='http://www.w3.org/2000/svg'>{circles}</svg>", "a.svg"), "block")
    assert "FIG-01" in rules(
        check_text("<svg xmlns='http://www.w3.org/2000/svg'><path d='M0 0L5 5'/></svg>", "a.svg"), "review"
    )


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("cut.xlsx", archive({"xl/workbook.xml": b"<x"})),
        ("cut.pdf", b"%PDF-1.7\n1 0 obj"),
        ("cut.parquet", b"PAR1aaaa"),
        ("cut.rds", zlib.compress(b"X\n\x00\x00\x00\x03")),
        ("cut.pkl", b"\x80\x04\x95\xff\xff"),
        ("cut.dta", b"<stata_dta><header>"),
        ("odd.7z", b"7z\xbc\xaf\x27\x1c\x00\x04"),
        ("odd.rtf", b"{\\rtf1 hello}"),
        ("cut.ipynb", b'{"nbformat": 4, "cells": ['),
        ("bad.json", b'{"a": [1, 2'),
        ("bad.png", b"\x89PNG\r\n\x1a\n\x00\x00"),
    ],
)
def test_damaged_or_unknown_never_passes(check_text: Check, name: str, data: bytes) -> None:
    assert check_text(data, name).verdict.label != "pass"


def test_xml_entities_are_not_resolved(check_text: Check) -> None:
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]><x>&b;</x>'
    data = archive({"[Content_Types].xml": b"<x/>", "word/document.xml": bomb})
    assert check_text(data, "a.docx").verdict.label != "pass"


def test_links_pipes_and_missing_files_are_findings(tmp_path: Path, policy: Policy) -> None:
    (tmp_path / "real.csv").write_text("sex,n\nF,412\n")
    (tmp_path / "link.csv").symlink_to(tmp_path / "real.csv")
    os.mkfifo(tmp_path / "pipe.csv")
    inputs = [Input(name, tmp_path / name) for name in ("link.csv", "pipe.csv", "absent.csv")]
    report = check(inputs, policy, sandbox=False)
    assert {file.name: file.verdict.label for file in report.files} == {
        "link.csv": "block",
        "pipe.csv": "block",
        "absent.csv": "review",
    }

"""Previews are inert: whatever a file holds comes out as text and as pictures that we encoded (design §7)."""

import base64
import io
import json
import zipfile

import openpyxl
import PIL.Image
import PIL.PngImagePlugin
import pypdfium2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tre.egress.previews import Image, Table, Text, render
from tre.egress.previews.model import clean, from_body, to_body
from tre.egress.previews.readers import read


def png(text: str = "") -> bytes:
    out, info = io.BytesIO(), PIL.PngImagePlugin.PngInfo()
    info.add_text("Comment", text)
    PIL.Image.new("RGB", (4, 3), "red").save(out, "PNG", pnginfo=info)
    return out.getvalue()


def test_csv_becomes_rows() -> None:
    (table,) = render("t.csv", b"a;b\n1;2\n").blocks
    assert table == Table((("a", "b"), ("1", "2")))


def test_pictures_are_encoded_anew_without_metadata() -> None:
    source = png("NIR 1 85 05 78 006 084 36")
    (image,) = render("p.png", source).blocks
    assert isinstance(image, Image)
    assert b"NIR" not in image.png
    assert (image.width, image.height) == (4, 3)


@pytest.mark.parametrize("name", ["p.html", "p.svg", "p.csv"])
def test_markup_is_shown_as_text_never_interpreted(name: str) -> None:
    source = "<svg onload=\"fetch('/api/v1/exports/x/votes',{method:'POST'})\"></svg>"
    shown = render(name, source.encode())
    assert all(isinstance(block, Text | Table) for block in shown.blocks)


def test_notebook_html_output_is_its_source() -> None:
    cells = [
        {"cell_type": "markdown", "source": ["# Titre"]},
        {
            "cell_type": "code",
            "source": "df",
            "outputs": [
                {"data": {"text/html": "<script>alert(1)</script>"}},
                {"data": {"image/png": base64.b64encode(png()).decode()}},
            ],
        },
    ]
    shown = render("n.ipynb", json.dumps({"nbformat": 4, "cells": cells}).encode())
    assert [type(block).__name__ for block in shown.blocks] == ["Text", "Text", "Text", "Image"]
    assert shown.blocks[2] == Text("<script>alert(1)</script>", "output")


def test_pdf_pages_become_pictures() -> None:
    document = pypdfium2.PdfDocument.new()
    document.new_page(200, 100)
    out = io.BytesIO()
    document.save(out)
    (page,) = render("d.pdf", out.getvalue()).blocks
    assert isinstance(page, Image)
    assert page.png.startswith(b"\x89PNG")


def test_every_sheet_of_a_workbook_is_shown() -> None:
    book = openpyxl.Workbook()
    book.active.append(["x", 3])
    hidden = book.create_sheet("cachée")
    hidden.sheet_state = "hidden"
    hidden.append(["secret"])
    out = io.BytesIO()
    book.save(out)
    shown = render("b.xlsx", out.getvalue())
    assert [block.title for block in shown.blocks if isinstance(block, Table)] == ["Sheet", "cachée"]


def test_unknown_bytes_are_said_to_be_unknown() -> None:
    assert render("m.pkl", b"\x80\x04\x00\x00binary").note == "unknown-type"


def test_a_bomb_fails_and_nothing_else() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"<" * 50_000_000)
    assert render("bomb.xlsx", out.getvalue()).note == "failed"


def test_oversized_picture_fails() -> None:
    header = bytearray(png())
    header[16:24] = (60_000).to_bytes(4, "big") * 2
    assert render("huge.png", bytes(header)).note == "failed"


def test_hidden_characters_are_shown() -> None:
    assert clean("a\u202eb\x00") == "a⟨U+202E⟩b⟨U+0000⟩"


@given(st.binary(max_size=300), st.sampled_from(["a.csv", "a.tsv", "a.txt", "a.html", "a.py"]))
@settings(max_examples=200, deadline=None)
def test_any_bytes_survive_the_way_through_json(data: bytes, name: str) -> None:
    try:
        preview = read(name, data)
    except Exception:  # the worker turns every failure into "failed"
        return
    assert from_body(json.loads(json.dumps(to_body(preview)))) == preview


def test_an_answer_that_is_no_png_is_refused() -> None:
    body = {"kind": "image", "truncated": False, "note": "", "blocks": [{"png": "AAAA", "width": 1, "height": 1}]}
    with pytest.raises(ValueError, match="PNG"):
        from_body(body)

"""One small valid file per format, made on the fly."""
# ruff: noqa: E501

import gzip
import io
import json
import pickle
import tarfile
import zipfile
from collections.abc import Iterator

import numpy as np
import pandas as pd
import pikepdf
import rdata
from PIL import Image

from tests.corpus.build import variants
from tests.unit.egress.checks.samples import GLM, STATA, people


def seeds() -> Iterator[tuple[str, bytes]]:
    """Name and bytes."""
    table = people(30)
    yield "a.csv", table.encode()
    yield from variants(table).items()
    yield "a.txt", (GLM + STATA).encode()
    notebook = {
        "nbformat": 4,
        "metadata": {},
        "cells": [{"cell_type": "code", "source": "t", "outputs": [{"output_type": "stream", "text": STATA}]}],
    }
    yield "a.ipynb", json.dumps(notebook).encode()
    yield (
        "a.svg",
        b"<svg xmlns='http://www.w3.org/2000/svg'><circle cx='1' cy='2' r='3'/><path d='M0 0C1 1 2 2 3 3z'/><text>n</text></svg>",
    )
    yield "a.tex", b"\\begin{tabular}{lr}a & n \\\\ b & 30 \\\\ c & 40 \\end{tabular}"
    yield from _containers(table.encode())
    yield from _frames()
    yield from _pictures()


def _containers(inner: bytes) -> Iterator[tuple[str, bytes]]:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("a.csv", inner)
    yield "a.zip", stream.getvalue()
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        entry = tarfile.TarInfo("a.csv")
        entry.size = len(inner)
        archive.addfile(entry, io.BytesIO(inner))
    yield "a.tar", stream.getvalue()
    yield "a.csv.gz", gzip.compress(inner)
    yield "a.pkl", pickle.dumps({"coef": np.arange(4.0), "_fit_X": np.zeros((40, 3)), "name": "x"})
    stream = io.BytesIO()
    np.save(stream, np.zeros((60, 3)))
    yield "a.npy", stream.getvalue()


def _frames() -> Iterator[tuple[str, bytes]]:
    frame = pd.DataFrame({"age": [40.0, 50.0, 60.0], "n": [30.0, 40.0, 50.0]})
    for suffix, write in (("parquet", frame.to_parquet), ("feather", frame.to_feather), ("dta", frame.to_stata)):
        stream = io.BytesIO()
        write(stream)
        yield f"a.{suffix}", stream.getvalue()
    stream = io.BytesIO()
    yield "a.rds", _rds()


def _rds() -> bytes:
    import tempfile  # noqa: PLC0415
    from pathlib import Path  # noqa: PLC0415

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.rds"
        rdata.write_rds(path, {"coefficients": np.array([1.0, 2.0]), "residuals": np.arange(60.0)})
        return path.read_bytes()


def _pictures() -> Iterator[tuple[str, bytes]]:
    for suffix, name in (("PNG", "a.png"), ("JPEG", "a.jpg"), ("GIF", "a.gif"), ("TIFF", "a.tiff"), ("WEBP", "a.webp")):
        stream = io.BytesIO()
        Image.new("RGB", (120, 90), (200, 10, 10)).save(stream, suffix)
        yield name, stream.getvalue()
    document = pikepdf.new()
    document.add_blank_page(page_size=(300, 300))
    document.pages[0].Contents = document.make_stream(b"0 0 m 10 10 l S 5 5 20 20 re f")
    stream = io.BytesIO()
    document.save(stream)
    yield "a.pdf", stream.getvalue()

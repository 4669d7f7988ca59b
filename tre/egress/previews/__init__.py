"""Inert previews of what a request holds: text, tables of text, and PNGs that we encoded ourselves (design §7).

A researcher's file is hostile input. It is read in a locked-down process and comes out as plain data; pages show that
data and nothing of the file's own: no HTML, no SVG, no script, no link.

`render(name, data)` is the door; `model` the data; `worker` what runs inside; `readers` one function a kind of file.
"""

from tre.egress.previews.client import render
from tre.egress.previews.model import Block, Image, Preview, Table, Text

__all__ = ["Block", "Image", "Preview", "Table", "Text", "render"]

"""What all Office packages share: macros, embedded files, properties, media. XML is parsed without entities (defusedxml)."""

import re
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from tre.egress.checks.parts import Blob, Child, Part, Text, Trait
from tre.egress.checks.readers.archives import join

_EMBEDDED = re.compile(r"(?:^|/)embeddings?/[^/]+$|\.(?:bin|xlsx|xlsm|docx|pptx|csv|zip)$")
_MEDIA = re.compile(r"/media/[^/]+\.(?:png|jpe?g|gif|svg|emf|wmf|tiff?)$", re.I)
_PROPERTIES = ("creator", "lastModifiedBy", "Company", "Manager")
_MAX_XML = 200_000_000


def xml_root(data: bytes) -> Any:
    """The root element; raises on entities, external references and damage."""
    from defusedxml.ElementTree import fromstring  # noqa: PLC0415

    if len(data) > _MAX_XML:
        raise ValueError("XML over the limit")
    return fromstring(data, forbid_dtd=True)


def package_parts(package: zipfile.ZipFile, blob: Blob) -> Iterator[Part]:
    """Traits and children of a package, whatever its application."""
    for info in package.infolist()[:20_000]:
        name = info.filename
        origin = replace(blob.origin, member=join(blob.origin.member, name))
        if name.lower().endswith("vbaproject.bin"):
            yield Trait(origin, "office-macro")
        elif name.startswith("docProps/") and name.endswith(".xml"):
            yield from _properties(package.read(name), origin)
        elif _EMBEDDED.search(name) and "printerSettings" not in name and not name.endswith("vbaProject.bin"):
            yield from _child(package, info, blob, "office-embedded")
        elif _MEDIA.search("/" + name):
            yield from _child(package, info, blob, "")


def _child(package: zipfile.ZipFile, info: zipfile.ZipInfo, blob: Blob, trait: str) -> Iterator[Part]:
    origin = replace(blob.origin, member=join(blob.origin.member, info.filename))
    if trait and not re.search(
        r"xl/(?:theme|styles|sharedStrings)|workbook\.bin|sheet\d+\.bin|sharedStrings\.bin|styles\.bin", info.filename
    ):
        yield Trait(origin, trait)
    if info.file_size > blob.limits.max_child_bytes:
        yield Trait(origin, "cap", {"what": "size"})
        return
    if (trait and not info.filename.endswith(".bin")) or not trait:
        yield Child(origin, info.filename, package.read(info))


def _properties(data: bytes, origin: Any) -> Iterator[Part]:
    root = xml_root(data)
    found = [
        element.text or ""
        for element in root.iter()
        if element.tag.rsplit("}", 1)[-1] in _PROPERTIES and (element.text or "").strip()
    ]
    if found:
        yield Trait(origin, "office-properties", {"count": len(found)})
        yield Text(origin, "\n".join(found), "metadata")

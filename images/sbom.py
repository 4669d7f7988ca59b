"""A software bill of materials (CycloneDX 1.6, JSON) read from the package databases inside an image."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterable, Iterator
from email.parser import HeaderParser
from pathlib import Path
from typing import Any
from urllib.parse import quote

from images import gobuildinfo

Component = dict[str, Any]
_SPEC_VERSION = "1.6"
_JAR = re.compile(r"(?P<name>.+?)-(?P<version>\d[\w.+-]*)\.jar")
_UNWANTED = ("proc", "sys", "dev", "run", "tmp", "var/cache")


def describe(root: Path, name: str, digest: str) -> dict[str, Any]:
    """The bill of materials of the image mounted at `root`: Debian, Python, R, Java, JavaScript packages, Go modules.

    The serial number derives from the digest, so that one image has one bill.
    """
    found = [*debian(root), *python(root), *r_packages(root), *jars(root), *lab_extensions(root), *loose_binaries(root)]
    unique = {component["bom-ref"]: component for component in found}
    return {
        "bomFormat": "CycloneDX",
        "specVersion": _SPEC_VERSION,
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_OID, digest)}",
        "version": 1,
        "metadata": {"component": {"type": "container", "name": f"tre/{name}", "version": digest}},
        "components": [unique[reference] for reference in sorted(unique)],
    }


def debian(root: Path) -> Iterator[Component]:
    """Installed packages of dpkg's status file."""
    status = root / "var/lib/dpkg/status"
    text = status.read_text(encoding="utf-8", errors="replace") if status.is_file() else ""
    for paragraph in text.split("\n\n"):
        fields = dict(re.findall(r"^(Package|Version|Architecture|Status): (.*)$", paragraph, re.MULTILINE))
        if fields.get("Status", "").endswith(" installed"):
            name, version, architecture = fields["Package"], fields["Version"], fields.get("Architecture", "all")
            purl = f"pkg:deb/debian/{quote(name)}@{quote(version)}?arch={architecture}"
            yield _component(name, version, purl)


def python(root: Path) -> Iterator[Component]:
    """Distributions by their dist-info and egg-info metadata."""
    patterns = ("*.dist-info/METADATA", "*.egg-info/PKG-INFO")
    for path in _search(root, ("opt", "usr/lib", "usr/local/lib"), patterns):
        headers = HeaderParser().parsestr(path.read_text(encoding="utf-8", errors="replace"))
        name, version = headers.get("Name"), headers.get("Version")
        if name and version:
            normal = re.sub(r"[-_.]+", "-", name).lower()
            yield _component(
                name, version, f"pkg:pypi/{quote(normal)}@{quote(version)}", headers.get("License-Expression")
            )


def r_packages(root: Path) -> Iterator[Component]:
    """R packages by their DESCRIPTION."""
    for path in _search(root, ("usr/lib/R", "usr/local/lib/R"), ("*/DESCRIPTION",)):
        text = path.read_text(encoding="utf-8", errors="replace")
        fields = dict(re.findall(r"^(Package|Version): (.*)$", text, re.MULTILINE))
        if len(fields) == 2:
            purl = f"pkg:cran/{quote(fields['Package'])}@{quote(fields['Version'])}"
            yield _component(fields["Package"], fields["Version"], purl)


def jars(root: Path) -> Iterator[Component]:
    """Java archives by file name; group names are not in it, so the package URL is generic."""
    for path in _search(root, ("opt",), ("*.jar",)):
        match = _JAR.fullmatch(path.name)
        if match:
            name, version = match["name"], match["version"]
            yield _component(name, version, f"pkg:generic/{quote(name)}@{quote(version)}?type=jar")


def lab_extensions(root: Path) -> Iterator[Component]:
    """JavaScript packages: JupyterLab's prebuilt extensions and anything under node_modules."""
    for path in _search(root, ("opt", "usr/share", "usr/lib/node_modules"), ("labextensions/**/package.json",)):
        package = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(package.get("name"), str) and isinstance(package.get("version"), str):
            purl = f"pkg:npm/{quote(package['name'], safe='/')}@{quote(package['version'])}"
            yield _component(package["name"], package["version"], purl)


def loose_binaries(root: Path) -> Iterator[Component]:
    """Programs in /usr/local/bin that no package database knows, and the modules linked into those written in Go."""
    folder = root / "usr/local/bin"
    for path in sorted(folder.iterdir()) if folder.is_dir() else []:
        if path.is_file() and not path.is_symlink() and path.stat().st_size > 1_000_000:
            reference = f"file:/usr/local/bin/{path.name}"
            size = {"name": "tre:size", "value": str(path.stat().st_size)}
            yield {"type": "file", "name": path.name, "bom-ref": reference, "properties": [size]}
            for module, version in gobuildinfo.modules(path):
                yield _component(module, version, f"pkg:golang/{quote(module)}@{quote(version)}")


def _search(root: Path, folders: Iterable[str], patterns: Iterable[str]) -> Iterator[Path]:
    for folder in folders:
        for pattern in patterns:
            for path in (root / folder).rglob(pattern):
                if path.is_file() and not path.is_symlink():
                    yield path


def _component(name: str, version: str, purl: str, licence: str | None = None) -> Component:
    component: Component = {"type": "library", "name": name, "version": version, "purl": purl, "bom-ref": purl}
    if licence:
        component["licenses"] = [{"expression": licence}]
    return component

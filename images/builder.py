"""Build what changed, in order, and record each image by the digest that the registry holds."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from images import buildah, record, registry, sbom
from images.catalogue import Image, build_order
from images.contentkey import content_key
from images.machine import require_tools
from images.paths import state_home
from images.prune import disk_is_low, prune
from images.record import BuiltImage
from images.rootfs import ensure_rootfs
from images.snapshot import snapshot

Report = Callable[[str], None]


@dataclass
class _Run:
    """One run: where its sources are, the keys computed so far and how to tell the person who waits."""

    root: Path
    report: Report
    fresh: bool
    keys: dict[str, str] = field(default_factory=dict)


def build_images(names: list[str], report: Report, *, fresh: bool = False) -> dict[str, BuiltImage]:
    """Build the named images and their parents (all, when none is named) and return their records.

    An image whose content key was built before and whose manifest the registry still holds is left alone. `fresh`
    builds without cache, for the distribution's security updates. Raises subclasses of ImagesError.
    """
    order = build_order(names)
    require_tools(("buildah",))
    registry.require_registry()
    results: dict[str, BuiltImage] = {}
    with record.build_lock(), snapshot(order) as root:
        run = _Run(root, report, fresh)
        if disk_is_low():
            report("the disk is nearly full: removing what superseded builds left")
            prune()
        for position, image in enumerate(order, start=1):
            results[image.name] = _build_one(image, run, f"[{position}/{len(order)}] {image.name}")
    return results


def _build_one(image: Image, run: _Run, label: str) -> BuiltImage:
    key = content_key(image, [run.keys[parent] for parent in image.parents], run.root)
    run.keys[image.name] = key
    known = record.load().get(image.name)
    if known and not run.fresh and known.key == key and registry.holds(image.name, known.digest):
        run.report(f"{label}: up to date")
        return known if Path(known.sbom).is_file() else _record(image, known.ref, key, known.digest)
    run.report(f"{label}: building")
    started = time.monotonic()
    name = buildah.local_name(image, key)
    if run.fresh or not buildah.in_store(name):
        buildah.build(image, name, _parent_arguments(image, run), run.root, fresh=run.fresh)
    built = time.monotonic()
    digest = buildah.push(image, name, key)
    entry = _record(image, name, key, digest)
    run.report(f"{label}: built in {built - started:.0f} s, pushed in {time.monotonic() - built:.0f} s, {digest[:19]}")
    return entry


def _parent_arguments(image: Image, run: _Run) -> dict[str, str]:
    """BASE_IMAGE for the first parent, <NAME>_IMAGE for others: from buildah's store, else from the registry."""
    if not image.parents:
        return {"BASE_IMAGE": ensure_rootfs(fresh=run.fresh)}
    arguments = {}
    for position, parent in enumerate(image.parents):
        local = f"localhost/tre/{parent}:{run.keys[parent][:16]}"
        reference = local if buildah.in_store(local) else record.find(parent).ref
        arguments["BASE_IMAGE" if position == 0 else f"{parent.upper()}_IMAGE"] = reference
    return arguments


def _record(image: Image, name: str, key: str, digest: str) -> BuiltImage:
    reference = f"{registry.repository(image.name)}@{digest}"
    folder = state_home() / "sbom"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{image.name}.cdx.json"
    with buildah.mounted(name) as root:
        document = sbom.describe(root, image.name, digest)
    path.write_text(json.dumps(document, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    entry = BuiltImage(reference, digest, key, datetime.now(UTC).isoformat(timespec="seconds"), str(path))
    record.save(image.name, entry)
    return entry

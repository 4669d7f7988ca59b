"""`python3 -m images build [NAME...] | list | digest NAME`."""

from __future__ import annotations

import argparse
import json
import sys

from images import record
from images.builder import build_images
from images.catalogue import CATALOGUE
from images.errors import ImagesError
from images.prune import prune


def main(arguments: list[str] | None = None) -> int:
    """Exit code 0 when done, 1 when an image cannot be built (the reason is on standard error)."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except ImagesError as error:
        print(f"images: {error} [{error.code}]", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python3 -m images", description="Build the container images of tre.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    build = commands.add_parser(
        "build", help="build and push what changed (all images, or the named and their parents)"
    )
    build.add_argument("names", nargs="*", metavar="NAME")
    build.add_argument("--fresh", action="store_true", help="ignore caches: takes the distribution's updates in")
    build.set_defaults(run=_build)
    tidy = commands.add_parser("prune", help="give back the disk that superseded builds hold")
    tidy.set_defaults(run=_prune)
    listing = commands.add_parser("list", help="all images and what was built of each")
    listing.add_argument("--json", action="store_true")
    listing.set_defaults(run=_list)
    digest = commands.add_parser("digest", help="the reference by digest of one built image")
    digest.add_argument("name", metavar="NAME")
    digest.set_defaults(run=_digest)
    return parser


def _build(options: argparse.Namespace) -> int:
    build_images(options.names, lambda line: print(line, flush=True), fresh=options.fresh)
    return 0


def _prune(_: argparse.Namespace) -> int:
    with record.build_lock():
        print(f"removed {prune()} superseded images and the layers that only they needed")
    return 0


def _list(options: argparse.Namespace) -> int:
    built = record.load()
    references = {name: built[name].ref if name in built else None for name in CATALOGUE}
    if options.json:
        print(json.dumps(references, indent=2))
        return 0
    for name, reference in references.items():
        print(f"{name:<12} {reference or 'not built'}")
    return 0


def _digest(options: argparse.Namespace) -> int:
    print(record.find(options.name).ref)
    return 0


if __name__ == "__main__":
    sys.exit(main())

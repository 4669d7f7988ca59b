"""The images, what each is built from, and the order that follows from it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from images.errors import UnknownImage

REPOSITORY_ROOT = Path(__file__).resolve().parent.parent
_PACKAGE_INPUTS = ("requirements/build.lock", "pyproject.toml", "README.md", "tre", "policies")


@dataclass(frozen=True)
class Image:
    """One image: its folder holds the Dockerfile; `inputs` are the further paths that the Dockerfile copies.

    The first parent is passed as the build argument BASE_IMAGE, any other as <NAME>_IMAGE. `binaries` are files of the
    binary cache, copied through the build context named `binaries`.
    """

    name: str
    folder: str
    parents: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()
    binaries: tuple[str, ...] = ()

    @property
    def context(self) -> tuple[str, ...]:
        """Paths, relative to the checkout, that the build reads."""
        return tuple(sorted({self.folder, *self.inputs}))

    def dockerfile(self, root: Path) -> Path:
        return root / self.folder / "Dockerfile"


_IMAGES = (
    Image("base", "images/base", inputs=("images/rootfs.py",)),
    Image("pybase", "images/pybase", ("base",)),
    Image("postgresql", "images/platform/postgresql", ("base",)),
    Image("minio", "images/platform/minio", ("base",), binaries=("minio",)),
    Image("openbao", "images/platform/openbao", ("base", "pybase")),
    Image("traefik", "images/platform/traefik", ("base", "pybase")),
    Image("keycloak", "images/platform/keycloak", ("base",), ("images/maven",)),
    Image("control", "images/control", ("pybase",), ("requirements/control.lock", *_PACKAGE_INPUTS)),
    Image("hub", "images/hub", ("pybase",), ("requirements/hub.lock", *_PACKAGE_INPUTS)),
    Image(
        "gateway",
        "images/gateway",
        ("pybase",),
        ("requirements/gateway.lock", "requirements/gateway-assets.lock", *_PACKAGE_INPUTS),
    ),
    Image("science", "images/science", ("pybase",), ("requirements/python.lock",)),
    Image("rbase", "images/rbase", ("science",)),
    Image("python", "images/python", ("science", "pybase"), _PACKAGE_INPUTS),
    Image("r", "images/python", ("rbase", "pybase"), _PACKAGE_INPUTS),
    Image("spark", "images/spark", ("pybase",), ("images/maven", "requirements/spark.lock", "requirements/build.lock")),
)
CATALOGUE = {image.name: image for image in _IMAGES}


def build_order(names: list[str]) -> list[Image]:
    """The named images and everything they are built from, parents first; all images when no name is given.

    Raises UnknownImage for a name that is not in the catalogue.
    """
    wanted: dict[str, Image] = {}
    for name in names or list(CATALOGUE):
        _collect(name, wanted)
    return list(wanted.values())


def _collect(name: str, wanted: dict[str, Image]) -> None:
    if name not in CATALOGUE:
        raise UnknownImage(f"no image is called '{name}'; there are: {', '.join(CATALOGUE)}")
    for parent in CATALOGUE[name].parents:
        _collect(parent, wanted)
    wanted.setdefault(name, CATALOGUE[name])

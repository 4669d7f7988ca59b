"""The builder's own rules: order, keys, records, bills of materials; no registry and no container needed."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from images import __main__ as command
from images import record, registry, sbom
from images import snapshot as snapshots
from images.catalogue import CATALOGUE, REPOSITORY_ROOT, Image, build_order
from images.contentkey import content_key
from images.errors import MissingInput, NotBuilt, RegistryUnavailable, UnknownImage
from images.record import BuiltImage
from tests.services.process import free_port


@pytest.fixture(autouse=True)
def own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads or writes the machine's record."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    (tmp_path / "state" / "tre").mkdir(parents=True)


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout with one image folder and one input."""
    (tmp_path / "images/one").mkdir(parents=True)
    (tmp_path / "images/one/Dockerfile").write_text("FROM scratch\n")
    (tmp_path / "code").mkdir()
    (tmp_path / "code/a.py").write_text("a = 1\n")
    monkeypatch.setattr(snapshots, "REPOSITORY_ROOT", tmp_path)
    return tmp_path


_ONE = Image("one", "images/one", inputs=("code",))


def test_parents_come_first_and_once() -> None:
    names = [image.name for image in build_order([])]
    assert sorted(names) == sorted(CATALOGUE)
    for image in CATALOGUE.values():
        assert all(names.index(parent) < names.index(image.name) for parent in image.parents)


def test_only_what_an_image_needs_is_built() -> None:
    assert [image.name for image in build_order(["rbase"])] == ["base", "pybase", "science", "rbase"]


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(UnknownImage, match="there are: base, pybase"):
        build_order(["pythonn"])


def test_every_image_has_a_dockerfile_that_any_builder_reads() -> None:
    for image in CATALOGUE.values():
        text = image.dockerfile(REPOSITORY_ROOT).read_text(encoding="utf-8")
        assert "ARG BASE_IMAGE=" in text, image.name
        assert "<<" not in text, f"{image.name}: buildah of Debian 12 knows no heredocs"
        last_stage = text.rpartition("\nFROM ")[2]
        users = [line.split()[1] for line in last_stage.splitlines() if line.startswith("USER ")]
        assert not users or users[-1] == "1000:1000", image.name


@pytest.mark.parametrize(
    "change",
    [
        lambda root: (root / "code/a.py").write_text("a = 2\n"),
        lambda root: (root / "code/b.py").write_text(""),
        lambda root: (root / "code/a.py").rename(root / "code/c.py"),
        lambda root: (root / "code/a.py").chmod(0o755),
        lambda root: (root / "images/one/Dockerfile").write_text("FROM other\n"),
    ],
)
def test_whatever_goes_into_an_image_changes_its_key(change: object, checkout: Path) -> None:
    before = content_key(_ONE, [], checkout)
    change(checkout)  # type: ignore[operator]
    assert content_key(_ONE, [], checkout) != before


def test_a_changed_parent_changes_the_key(checkout: Path) -> None:
    assert content_key(_ONE, ["parent-1"], checkout) != content_key(_ONE, ["parent-2"], checkout)


def test_compiled_files_and_times_do_not(checkout: Path) -> None:
    before = content_key(_ONE, [], checkout)
    (checkout / "code/__pycache__").mkdir()
    (checkout / "code/__pycache__/a.pyc").write_bytes(b"x")
    (checkout / "code/a.py").touch()
    assert content_key(_ONE, [], checkout) == before


def test_an_edit_during_a_build_is_not_in_it(checkout: Path) -> None:
    with snapshots.snapshot([_ONE]) as root:
        before = content_key(_ONE, [], root)
        assert before == content_key(_ONE, [], checkout)
        (checkout / "code/a.py").write_text("a = 3\n")
        assert content_key(_ONE, [], root) == before
        assert content_key(_ONE, [], checkout) != before
    assert not root.exists()


def test_a_missing_input_is_named(checkout: Path) -> None:
    with pytest.raises(MissingInput, match=r"needs requirements/none\.lock"):
        content_key(Image("one", "images/one", inputs=("requirements/none.lock",)), [], checkout)


def test_a_missing_binary_says_how_to_get_it(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(checkout / "cache"))
    with pytest.raises(MissingInput, match="devcluster build"):
        content_key(Image("one", "images/one", binaries=("minio",)), [], checkout)


def test_the_record_keeps_other_entries() -> None:
    first = BuiltImage("r/tre/a@sha256:1", "sha256:1", "k1", "2026-01-01T00:00:00+00:00", "/s/a")
    second = BuiltImage("r/tre/b@sha256:2", "sha256:2", "k2", "2026-01-01T00:00:00+00:00", "/s/b")
    record.save("a", first)
    record.save("b", second)
    assert record.load() == {"a": first, "b": second}


def test_an_image_that_was_never_built_says_how(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(NotBuilt, match="images build r"):
        record.find("r")
    assert command.main(["digest", "r"]) == 1
    assert "images.not_built" in capsys.readouterr().err


def test_the_list_shows_what_is_not_built(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["list", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == dict.fromkeys(CATALOGUE)


def test_without_a_registry_nothing_is_built(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRE_REGISTRY", f"localhost:{free_port()}")
    with pytest.raises(RegistryUnavailable, match="devcluster up"):
        registry.require_registry()
    assert not registry.holds("base", "sha256:0")


def test_a_bill_of_materials_reads_each_database(tmp_path: Path) -> None:
    files = {
        "var/lib/dpkg/status": (
            "Package: tini\nStatus: install ok installed\nVersion: 0.19.0-1\nArchitecture: amd64\n\n"
            "Package: gone\nStatus: deinstall ok config-files\nVersion: 1\n"
        ),
        "opt/tre/lib/python3.11/site-packages/Foo_Bar-1.dist-info/METADATA": "Name: Foo_Bar\nVersion: 1\n\nText: no\n",
        "usr/lib/R/site-library/dplyr/DESCRIPTION": "Package: dplyr\nVersion: 1.0\n",
        "opt/jars/hadoop-aws-3.5.0.jar": "",
        "opt/tre/share/jupyter/labextensions/@a/b/package.json": '{"name": "@a/b", "version": "2.0.0"}',
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    bill = sbom.describe(tmp_path, "one", "sha256:1")
    assert [component["bom-ref"] for component in bill["components"]] == [
        "pkg:cran/dplyr@1.0",
        "pkg:deb/debian/tini@0.19.0-1?arch=amd64",
        "pkg:generic/hadoop-aws@3.5.0?type=jar",
        "pkg:npm/%40a/b@2.0.0",
        "pkg:pypi/foo-bar@1",
    ]
    assert bill == sbom.describe(tmp_path, "one", "sha256:1")


def test_the_gateway_serves_the_interface_that_the_workspace_has() -> None:
    versions = {
        re.search(r"^jupyterlab==(\S+)", (REPOSITORY_ROOT / lock).read_text(encoding="utf-8"), re.MULTILINE)[1]  # type: ignore[index]
        for lock in ("requirements/python.lock", "requirements/gateway-assets.lock")
    }
    assert len(versions) == 1

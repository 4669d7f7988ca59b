"""Builds, keyed by version."""

from __future__ import annotations

import json
import stat
import tarfile
from pathlib import Path

import pytest

from devcluster import build, images, toolchain
from devcluster.build import Program
from devcluster.errors import DevClusterError
from devcluster.paths import Paths


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    return Paths(cache=tmp_path / "cache", state=tmp_path / "state")


def compiler(directory: Path, script: str) -> Path:
    """Return a program that is called as the Go compiler is."""
    file = directory / "go"
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o755)
    return file


def test_a_change_of_source_is_another_build(paths: Paths, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    (source / "main.go").write_text("package main")
    program = Program("thing", "v1", source=source)
    before = program.binary(paths)
    (source / "notes.txt").write_text("not part of the program")
    assert program.binary(paths) == before
    (source / "main.go").write_text("package main // changed")
    assert program.binary(paths) != before


def test_a_build_is_linked_under_all_its_names(paths: Paths, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = Program("thing", "v1", package="example.org/thing", links=("other",))
    monkeypatch.setattr(build, "PROGRAMS", (program,))
    go = compiler(tmp_path, 'echo "#!/bin/sh" > "$GOBIN/thing"')
    assert build.missing(paths) == [program]
    build.build(paths, program, lambda _: go)
    build.link_all(paths)
    build.link_all(paths)
    assert build.missing(paths) == []
    assert (paths.bin / "thing").resolve() == (paths.bin / "other").resolve() == program.binary(paths)


def test_a_failed_build_leaves_nothing_and_says_why(paths: Paths, tmp_path: Path) -> None:
    program = Program("thing", "v1", package="example.org/thing")
    go = compiler(tmp_path, 'touch "$GOBIN/thing"; echo "undefined: x" >&2; exit 1')
    with pytest.raises(DevClusterError, match="undefined: x"):
        build.build(paths, program, lambda _: go)
    assert list(paths.builds.iterdir()) == []


@pytest.mark.parametrize(
    ("text", "version"),
    [("go version go1.26.8 linux/amd64", (1, 26)), ("go version go1.19", (1, 19)), ("bash: go: not found", (0, 0))],
)
def test_the_compilers_version_is_read(text: str, version: tuple[int, int]) -> None:
    assert toolchain.parse_version(text) == version


def test_sums_of_every_module_are_committed() -> None:
    sums = (build.program("tre-kube").source or Path()) / "go.sum"
    # the checksum database does not know this module, so a build without the hash would fail
    assert "kube-router/v2 v2.1.0 h1:" in sums.read_text()


def test_an_image_holds_one_program_that_an_ordinary_user_runs(tmp_path: Path) -> None:
    binary = tmp_path / "pause"
    binary.write_bytes(b"\x7fELF")
    images.archive("tre.local/pause:1", binary, tmp_path / "image.tar")
    with tarfile.open(tmp_path / "image.tar") as tar:
        manifest = json.load(tar.extractfile("manifest.json") or pytest.fail("not in the archive"))
        config = json.load(tar.extractfile("config.json") or pytest.fail("not in the archive"))
        (tmp_path / "layer.tar").write_bytes((tar.extractfile("layer.tar") or pytest.fail("not in the archive")).read())
    assert manifest[0]["RepoTags"] == ["tre.local/pause:1"]
    assert config["config"] == {"Entrypoint": ["/pause"], "User": "65532:65532"}
    with tarfile.open(tmp_path / "layer.tar") as layer:
        assert [(member.name, member.mode & stat.S_IXOTH) for member in layer] == [("pause", stat.S_IXOTH)]
    archive = (tmp_path / "image.tar").read_bytes()
    images.archive("tre.local/pause:1", binary, tmp_path / "again.tar")
    assert (tmp_path / "again.tar").read_bytes() == archive

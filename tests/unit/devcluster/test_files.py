"""Configuration files."""

from __future__ import annotations

from pathlib import Path

import pytest

from devcluster.files import write


def test_the_same_content_is_not_written_again(tmp_path: Path) -> None:
    file = tmp_path / "proxy.json"
    write(file, "{}")
    before = file.stat()
    write(file, "{}")
    assert (file.stat().st_ino, file.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    write(file, "[]")
    assert file.read_text() == "[]"


def test_a_secret_file_is_never_readable_by_others(tmp_path: Path) -> None:
    file = tmp_path / "kubeconfig"
    file.write_text("old")
    file.chmod(0o644)
    write(file, "old", mode=0o600)
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_failed_write_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "containerd.toml"
    write(file, "old")

    def full(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("devcluster.files.os.replace", full)
    with pytest.raises(OSError, match="disk full"):
        write(file, "new")
    assert file.read_text() == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["containerd.toml"]

"""The command line, on machines that cannot run the cluster and with somebody else's cluster."""

from __future__ import annotations

import json
import os
import shlex
from pathlib import Path

import pytest

from devcluster import leftovers, preflight, progress, status
from devcluster.__main__ import COMMANDS, main
from devcluster.paths import Paths


@pytest.fixture(autouse=True)
def _own_directories(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.delenv("TRE_KUBECONFIG", raising=False)


@pytest.mark.parametrize(
    ("target", "value", "reason"),
    [
        ("platform.system", lambda: "Darwin", "Darwin"),
        ("os.geteuid", lambda: 1000, "not root"),
        ("devcluster.preflight._no_overlay", lambda _: "overlayfs cannot be mounted", "overlayfs"),
        ("devcluster.preflight._other_cluster", lambda _: "another Kubernetes runs here", "another Kubernetes"),
    ],
)
def test_a_machine_that_cannot_run_it_is_told_why_and_what_else_to_do(
    target: str, value: object, reason: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for unaffected in ("_not_root", "_no_control_groups", "_other_cluster", "_no_overlay", "_not_linux"):
        if unaffected.strip("_") not in target and "os." not in target and "platform" not in target:
            monkeypatch.setattr(preflight, unaffected, lambda *_: "")
    monkeypatch.setattr(target, value)
    assert main(["up"]) == 2
    words = capsys.readouterr().err
    assert reason in words
    assert "TRE_KUBECONFIG" in words


def test_a_missing_kubeconfig_is_named(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("TRE_KUBECONFIG", "/nowhere/config")
    assert main(["up"]) == 1
    assert "/nowhere/config" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("classes", "code"), [('[{"storageclass.kubernetes.io/is-default-class":"true"}]', 0), ("[]", 1)]
)
def test_anothers_cluster_is_only_asked(
    classes: str, code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    kubectl = tmp_path / "kubectl"
    kubectl.write_text(f'#!/bin/sh\ncase "$*" in *storageclass*) echo {shlex.quote(classes)};; *) echo ok;; esac\n')
    kubectl.chmod(0o755)
    config = tmp_path / "config"
    config.touch()
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setenv("TRE_KUBECONFIG", str(config))
    assert main(["up"]) == code
    said = capsys.readouterr()
    assert ("nothing was started here" in said.out) == (code == 0)
    assert ("no default StorageClass" in said.err) == (code == 1)
    assert not (tmp_path / "state" / "tre" / "devcluster" / "pids").exists()


def test_status_and_down_where_no_cluster_was_made(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["status"]) == 1
    assert "No cluster was made here" in capsys.readouterr().out
    assert main(["down"]) == 0


def test_the_environment_is_a_shell_script(tmp_path: Path) -> None:
    paths = Paths(cache=tmp_path / "it's a cache", state=tmp_path)
    words = [shlex.split(line) for line in status.exports(paths, None).splitlines()]
    names = {pair.split("=")[0] for _, pair in words}
    assert names == {"KUBECONFIG", "TRE_REGISTRY", "TRE_CA_FILE", "PATH"}
    assert "KUBECONFIG=/elsewhere" in status.exports(paths, "/elsewhere")


def test_every_command_has_a_sentence() -> None:
    assert {"up", "down", "status", "reset", "build", "env", "check"} == set(COMMANDS)
    assert all(words for _, words in COMMANDS.values())


def test_only_mounts_of_the_cluster_are_found_the_deepest_first() -> None:
    lines = [
        "22 1 0:20 / / rw - ext4 /dev/vda rw",
        "30 22 0:25 / /state/run rw - tmpfs tmpfs rw",
        "31 30 0:26 / /state/run/a\\040b/deep rw - tmpfs tmpfs rw",
        "32 22 0:27 / /statement rw - tmpfs tmpfs rw",
    ]
    assert leftovers.parse_mounts("\n".join(lines), [Path("/state")]) == ["/state/run/a b/deep", "/state/run"]


@pytest.mark.parametrize(("seconds", "text"), [(0.42, "0.4s"), (12.4, "12s"), (252, "4m12s"), (3600, "60m00s")])
def test_times_are_read_easily(seconds: float, text: str) -> None:
    assert progress.duration(seconds) == text


def test_directories_follow_the_xdg_rules() -> None:
    paths = Paths.from_environment({"HOME": "/home/x"})
    assert (str(paths.cache), str(paths.state)) == ("/home/x/.cache/tre", "/home/x/.local/state/tre/devcluster")
    assert json.dumps(str(paths.dev_ca)).endswith('ca/dev-ca.crt"')

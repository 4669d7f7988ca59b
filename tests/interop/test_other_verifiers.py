"""The log's formats are the standard ones: programs that share no code with ours agree with it, and refuse with it."""

import base64
import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tests.unit.audit.test_verify import KEY, LOG, ORIGIN, Key, signed_log
from tre.audit.bundle import Bundle, write_bundle
from tre.audit.checkpoint import Checkpoint, open_checkpoint, sign_checkpoint, verifier_key
from tre.audit.prove import Proof
from tre.audit.tree import Nodes, consistency_proof, inclusion_proof
from tre.cli.audit import verify

ROOT = Path(__file__).parents[2]
PUBLISHED = verifier_key(ORIGIN, KEY.public_key)
CHANGES = {
    "changed": lambda events: [*events[:437], b'{"n":"other"}', *events[438:]],
    "removed": lambda events: events[:437] + events[438:],
    "inserted": lambda events: [*events[:437], b"{}", *events[437:]],
    "swapped": lambda events: [*events[:437], events[438], events[437], *events[439:]],
    "cut": lambda events: events[:-1],
}


def written(folder: Path, bundle: Bundle) -> Path:
    write_bundle(folder, bundle, PUBLISHED)
    return folder


def independent(folder: Path, key: str = PUBLISHED) -> tuple[int, str]:
    """What the published verifier of ``docs/`` says."""
    argv = [sys.executable, str(ROOT / "docs" / "verify.py"), str(folder), key]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def test_the_independent_verifier_is_short() -> None:
    assert len((ROOT / "docs" / "verify.py").read_text().splitlines()) < 150


@pytest.mark.requirement("E28")
def test_the_independent_verifier_agrees(tmp_path: Path) -> None:
    code, said = independent(written(tmp_path / "log", LOG))
    assert (code, said.split(",")[0]) == (0, "WHOLE: 1000 events")


@pytest.mark.requirement("E28")
@pytest.mark.parametrize("change", CHANGES)
def test_the_independent_verifier_refuses_what_ours_refuses(tmp_path: Path, change: str) -> None:
    bundle = replace(LOG, events=CHANGES[change](LOG.events))
    code, said = independent(written(tmp_path / "log", bundle))
    assert code == 1
    position = verify(bundle, [(ORIGIN, KEY.public_key)]).problems[0].position
    assert f"event {position}" in said


def test_the_independent_verifier_knows_the_key(tmp_path: Path) -> None:
    code, _ = independent(written(tmp_path / "log", LOG), verifier_key(ORIGIN, Key(2).public_key))
    assert code == 1


@pytest.mark.requirement("E28")
def test_the_independent_verifier_sees_a_fork(tmp_path: Path) -> None:
    other = sign_checkpoint(Checkpoint(ORIGIN, 500, b"\0" * 32, "2026-01-01T00:00:00.000000Z"), KEY)
    forked = replace(LOG, checkpoints={**LOG.checkpoints, "x": other})
    code, said = independent(written(tmp_path / "log", forked))
    assert code == 1
    assert "forked" in said


@pytest.fixture(scope="module")
def go_verifier(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The verifier over golang.org/x/mod, built once."""
    go = shutil.which("go")
    if go is None:
        from devcluster.paths import Paths  # noqa: PLC0415
        from devcluster.toolchain import find_go  # noqa: PLC0415

        go = str(find_go(Paths()))
    target = tmp_path_factory.mktemp("go") / "tlog"
    subprocess.run([go, "build", "-o", str(target), "."], cwd=Path(__file__).parent / "tlog", check=True, timeout=250)
    return target


def with_proofs(folder: Path, bundle: Bundle) -> Path:
    """The bundle with inclusion and consistency proofs as we hand them out."""
    nodes = Nodes(lambda start, count: bundle.leaves[start : start + count], lambda level, index: None)
    note = bundle.checkpoints[max(bundle.checkpoints)]
    point = open_checkpoint(note, [(ORIGIN, KEY.public_key)])
    for name in ("proofs", "consistency"):
        (folder / name).mkdir()
    for position in (0, 1, 255, 256, 511, 777, 999):
        path = inclusion_proof(nodes, position, point.size)
        proof = Proof(bundle.events[position].decode(), position, point.size, point.root, path, note)
        (folder / "proofs" / f"{position}.json").write_text(json.dumps(proof.to_json()))
    for old, new in ((100, 200), (300, 1000), (700, 900), (1000, 1000)):
        steps = [base64.b64encode(step).decode() for step in consistency_proof(nodes, old, new)]
        (folder / "consistency" / f"{old}.json").write_text(json.dumps({"old": old, "new": new, "proof": steps}))
    return folder


def go_says(program: Path, folder: Path) -> tuple[int, str]:
    done = subprocess.run([str(program), str(folder), PUBLISHED], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.requirement("E28")
def test_gos_transparency_log_packages_agree(go_verifier: Path, tmp_path: Path) -> None:
    folder = with_proofs(written(tmp_path / "log", LOG), LOG)
    assert go_says(go_verifier, folder) == (0, "AGREES: 10 checkpoints, 7 inclusion proofs, 4 consistency proofs\n")


@pytest.mark.requirement("E28")
@pytest.mark.parametrize("change", CHANGES)
def test_gos_packages_refuse_what_ours_refuses(go_verifier: Path, tmp_path: Path, change: str) -> None:
    bundle = replace(LOG, events=CHANGES[change](LOG.events))
    code, said = go_says(go_verifier, written(tmp_path / "log", bundle))
    assert code == 1
    assert said.startswith("REFUSED: ")


def test_gos_packages_refuse_a_wrong_proof(go_verifier: Path, tmp_path: Path) -> None:
    folder = with_proofs(written(tmp_path / "log", signed_log()), LOG)
    proof = json.loads((folder / "proofs" / "777.json").read_text())
    proof["position"] = 776
    (folder / "proofs" / "777.json").write_text(json.dumps(proof))
    assert go_says(go_verifier, folder)[0] == 1

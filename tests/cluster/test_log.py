"""The log of the running platform: it verifies by three programs, and neither bucket nor key is within reach."""

import io
import json
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from demo import paths
from demo.install import NAMESPACE
from demo.personas import Api, Refused
from tre.audit.bundle import unpack
from tre.cli.audit import audit_group

pytestmark = pytest.mark.cluster
ROOT = Path(__file__).parents[2]

# Run inside a pod of the platform, with the credentials that it holds.
_DELETE = """
import sys
from tre.core.settings import settings
from tre.platform.objectstore import ObjectStore
store = ObjectStore.from_settings(settings())
found = store.originals("tre-audit", "checkpoints/")[0]
try:
    store.remove("tre-audit", found.key, found.version_id)
except Exception as error:
    print("REFUSED", getattr(error, "code", error))
print("THERE", bool(store.get("tre-audit", found.key, found.version_id)))
"""
_SIGN = """
from tre.core.settings import settings
from tre.platform.vault import Vault
try:
    Vault.from_settings(settings()).sign("checkpoint", b"another history")
    print("SIGNED")
except Exception as error:
    print("REFUSED", getattr(error, "code", error))
"""


def inside(workload: str, script: str) -> str:
    """What a script prints that runs with a workload's own identity."""
    command = [paths.tool("kubectl"), "exec", "-n", NAMESPACE, f"deploy/{workload}", "-c", workload, "--",
               "python3", "-c", script]  # fmt: skip
    env = {"KUBECONFIG": str(paths.kubeconfig()), "PATH": "/usr/bin:/bin"}
    return subprocess.run(command, capture_output=True, text=True, env=env, check=True, timeout=120).stdout


@pytest.fixture(scope="module")
def auditor() -> Api:
    return Api("auditrice-a")


@pytest.fixture(scope="module")
def copy(auditor: Api, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the running platform's log."""
    folder = tmp_path_factory.mktemp("log") / "copy"
    folder.mkdir()
    answer = auditor.call("GET", "/audit/export?purpose=audit", timeout=240)
    with tarfile.open(fileobj=io.BytesIO(answer.content)) as archive:
        unpack(archive, folder)
    (folder.parent / "key").write_text(auditor.call("GET", "/audit/key").text)
    return folder


def verified(folder: Path) -> tuple[int, Any]:
    arguments = ["verify", str(folder), "--key", str(folder.parent / "key"), "--json"]
    result = CliRunner().invoke(audit_group, arguments)
    return result.exit_code, json.loads(result.stdout)


@pytest.mark.requirement("E28")
def test_the_running_log_verifies_and_a_changed_copy_does_not(copy: Path) -> None:
    code, verdict = verified(copy)
    assert (code, verdict["problems"]) == (0, [])
    assert verdict["sealed"] > 0
    lines = (copy / "events.jsonl").read_bytes().splitlines(keepends=True)
    changed = lines[:3] + lines[4:]
    (copy / "events.jsonl").write_bytes(b"".join(changed))
    try:
        code, verdict = verified(copy)
        assert (code, verdict["problems"][0]["kind"], verdict["problems"][0]["position"]) == (1, "missing", 3)
    finally:
        (copy / "events.jsonl").write_bytes(b"".join(lines))


@pytest.mark.requirement("E28")
def test_the_published_verifier_agrees(copy: Path) -> None:
    argv = [sys.executable, str(ROOT / "docs" / "verify.py"), str(copy), str(copy.parent / "key")]
    assert subprocess.run(argv, capture_output=True, text=True, check=True).stdout.startswith("WHOLE: ")


@pytest.mark.requirement("E29")
def test_the_platforms_own_keys_cannot_remove_what_is_locked() -> None:
    told = inside("tre-worker", _DELETE).splitlines()
    assert told[0].startswith("REFUSED ")
    assert told[1] == "THERE True"


@pytest.mark.requirement("E29")
def test_the_web_application_cannot_sign_another_history() -> None:
    assert inside("tre-control", _SIGN).strip() == "REFUSED vault-denied"


@pytest.mark.requirement("E32")
@pytest.mark.parametrize("username", ["agente-a", "chercheuse-a", "relectrice-a", "intendante-a"])
@pytest.mark.parametrize("path", ["/audit/events", "/audit/export?purpose=audit", "/alerts"])
def test_others_read_nothing_of_the_log(username: str, path: str) -> None:
    with pytest.raises(Refused) as refused:
        Api(username).get(path)
    assert refused.value.status == 403


@pytest.mark.requirement("E30")
def test_a_session_tells_itself_from_several_sources(auditor: Api) -> None:
    claimed = auditor.get("/audit/events", action="gateway.execute", limit=1)["items"]
    if not claimed:
        pytest.skip("no session ran a cell yet: run the demonstration first")
    made = auditor.get(f"/audit/sessions/{claimed[0]['target']}/timeline")
    assert {"gateway", "hub"} <= set(made["sources"])
    assert any(entry["detail"].get("code_sha256") for entry in made["entries"])
    assert made["offsets"]["gateway"] < 60

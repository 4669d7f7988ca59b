"""`tre request` in a notebook, against the workspace API over a real socket, with a session's token."""

import hashlib
import json
import socket
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
import uvicorn
import yaml
from click.testing import CliRunner, Result

from tests.integration.exports.conftest import SLUG, Stage
from tests.integration.exports.test_over_http import DATA, FORM, GOOD, attached, load, version
from tre.api.app import create_workspace_api
from tre.audit.events import AuditEvent
from tre.audit.service import record
from tre.cli.request import request_group
from tre.core.people import system
from tre.sessions.models import WorkspaceSession

pytestmark = pytest.mark.integration


def add_session(stage: Stage, who: str, token: str) -> None:
    with stage.services.db.transaction() as session:
        session.add(
            WorkspaceSession(
                id=f"ses-{who}",
                slug=SLUG,
                person_id=stage.people[who].id,
                person_slug=who,
                profile="python",
                image="x",
                state="live",
                nonce_hash=b"0" * 32,
                created_at=stage.services.clock(),
                session_token_hash=hashlib.sha256(token.encode()).digest(),
            )
        )
        record(session, AuditEvent("session.start", system("test")))


@pytest.fixture
def listener(stage: Stage) -> Iterator[str]:
    """The workspace API on loopback."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.__stderr__))  # not into the command's output
    server = uvicorn.Server(uvicorn.Config(create_workspace_api(stage.services), port=port, log_level="error"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    end = time.monotonic() + 20
    while not server.started:
        assert time.monotonic() < end
        time.sleep(0.02)
    yield f"http://127.0.0.1:{port}/workspace/v1"
    server.should_exit = True
    thread.join(timeout=10)
    structlog.reset_defaults()


@pytest.fixture
def notebook(stage: Stage, listener: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The files of a session, as the pod holds them."""
    add_session(stage, "chercheuse-a", "jeton-de-session")
    (tmp_path / "workspace.json").write_text(json.dumps({"project": SLUG, "api": listener}))
    (tmp_path / "session-token").write_text("jeton-de-session\n")
    (tmp_path / "form.yaml").write_text(yaml.safe_dump({"files": {"t1.csv": FORM}}, allow_unicode=True))
    monkeypatch.setenv("TRE_WORKSPACE_FILE", str(tmp_path / "workspace.json"))
    return tmp_path


def tre(*words: str, code: int = 0) -> Result:
    result = CliRunner().invoke(request_group, list(words))
    assert result.exit_code == code, result.output
    return result


def new(notebook: Path, *more: str, code: int = 0) -> Result:
    about = ["--title", "Tableau 1", "--purpose", "Prévu", "--destination", "Article"]
    return tre("new", "t1.csv", "--context", str(notebook / "form.yaml"), *about, *more, code=code)


def test_a_request_from_the_notebook_waits_for_the_leads_signature(stage: Stage, notebook: Path) -> None:
    stage.services.store.put(f"tre-{SLUG}-work", "t1.csv", GOOD)
    made: dict[str, Any] = json.loads(new(notebook, "--submit", "--json").output)
    assert made["summary"]["state"] == "signature"
    request_id = made["summary"]["id"]
    assert request_id in tre("list").output
    assert "t1.csv" in tre("show", request_id).output
    manifest = stage.get("chercheur-chef", f"/exports/{request_id}")["manifest_sha256"]
    stage.post("chercheur-chef", f"/exports/{request_id}/sign", {"manifest_sha256": manifest})
    stage.work()
    assert "review" in tre("show", request_id).output


def test_a_notebook_of_the_lead_signs_nothing(stage: Stage, notebook: Path) -> None:
    add_session(stage, "chercheur-chef", "jeton-du-chef")
    (notebook / "session-token").write_text("jeton-du-chef")
    stage.services.store.put(f"tre-{SLUG}-work", "t1.csv", GOOD)
    made = json.loads(new(notebook, "--submit", "--json").output)
    assert made["summary"]["state"] == "signature"


def test_problems_say_what_to_do(stage: Stage, notebook: Path) -> None:
    stage.services.store.put(f"tre-{SLUG}-work", "t1.csv", b"")
    request_id = json.loads(new(notebook, "--json").output)["summary"]["id"]
    assert "[file-empty]" in tre("submit", request_id, code=1).output
    assert "[request-unknown]" in tre("show", "req-inconnu", code=1).output
    (notebook / "session-token").write_text("un-autre")
    assert "session-token-invalid" in tre("list", code=1).output


def test_the_form_must_speak_of_every_file(notebook: Path) -> None:
    (notebook / "form.yaml").write_text("files: {autre.csv: {}}")
    assert "says nothing of: t1.csv" in new(notebook, code=1).output


def test_outside_a_workspace_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRE_WORKSPACE_FILE", str(tmp_path / "absent.json"))
    assert "works inside a project's workspace" in tre("list", code=1).output


def test_policy_and_inputs_are_told(stage: Stage, notebook: Path) -> None:
    from tre.cli.request import Workspace  # noqa: PLC0415

    version_id = version(stage)
    extract_id = load(stage, version_id, DATA)
    stage.post("gestionnaire-b", f"/extracts/{extract_id}/approve")
    attached(stage, version_id)
    stage.work()
    workspace = Workspace()
    assert workspace.get("/policy")["numbers"]["threshold"] == 11
    assert [item["key"] for item in workspace.get("/datasets")] == ["colon/1.0/colon.csv"]


def test_management_routes_are_not_there(stage: Stage, notebook: Path) -> None:
    import click  # noqa: PLC0415

    from tre.cli.request import Workspace  # noqa: PLC0415

    for path in ("/exports", "/../api/v1/exports", "/requests/x/votes"):
        with pytest.raises(click.ClickException):
            Workspace().get(path)

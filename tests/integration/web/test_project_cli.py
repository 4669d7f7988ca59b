"""`tre project` over the real application: lists, one project, and refusals that say what to do."""

from collections.abc import Callable
from typing import Any

import pytest
from click.testing import CliRunner

from tests.integration.web.browser import ORIGIN, Browser
from tests.integration.web.test_projects_api import _authorisation
from tre.api.csrf import HEADER, form_token
from tre.cli import project as command
from tre.cli.http import Api
from tre.core.people import Role

pytestmark = pytest.mark.integration


@pytest.fixture
def run(
    add_person: Callable[..., Any], sign_in: Callable[..., Browser], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., tuple[int, str]]:
    """The command as an agent runs it; the session stands where the token would."""
    add_person("chercheuse-a")
    agent = sign_in(add_person("agente-a", Role.AGENT), Role.AGENT)
    agent.client.headers.update({**ORIGIN, HEADER: form_token(agent.cookie)})
    agent.client.post("/api/v1/projects", json=_authorisation())
    monkeypatch.setattr(command, "Api", lambda: Api(agent.client))  # type: ignore[arg-type]

    def go(*arguments: str) -> tuple[int, str]:
        result = CliRunner().invoke(command.project_group, list(arguments))
        return result.exit_code, result.output

    return go


def test_projects_are_listed_and_shown(run: Callable[..., tuple[int, str]]) -> None:
    code, listed = run("list")
    assert code == 0
    assert listed.splitlines()[-1].split() == ["etude-un", "draft", "Étude"]  # the application's log shares the output
    code, shown = run("show", "etude-un")
    assert code == 0
    assert "state: draft" in shown


@pytest.mark.parametrize(
    ("arguments", "code"),
    [(("show", "etude-zz"), "project-unknown"), (("confirm", "etude-un"), "second-person"),
     (("close", "etude-un"), "transition-refused"), (("suspend", "etude-un", "--reason", "x y"), "input-invalid")],
)  # fmt: skip
def test_refusals_name_their_code(run: Callable[..., tuple[int, str]], arguments: tuple[str, ...], code: str) -> None:
    status, output = run(*arguments)
    assert status == 1
    assert f"[{code}]" in output

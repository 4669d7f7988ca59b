"""The API of projects and people: the main path's first half over HTTP, and its refusals as problem documents."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select, text

from tests.integration.web.browser import ORIGIN, Browser
from tests.integration.web.conftest import a_day
from tre.api.context import Services
from tre.api.csrf import HEADER, form_token
from tre.audit.models import EventRow
from tre.core.people import Role

pytestmark = pytest.mark.integration
Add = Callable[..., Any]
SignIn = Callable[..., Browser]


def _authorisation(**changes: Any) -> dict[str, Any]:
    return {
        "slug": "etude-un", "title": "Étude", "reference": "DR-1", "authority": "CNIL", "legal_basis": "art. 66",
        "purpose": "Évaluer", "controller": "CHU", "public_benefit": "Soins", "starts_on": a_day(-1).isoformat(),
        "ends_on": a_day(300).isoformat(), "decision_sha256": "0" * 64,
        "people": [{"person": "chercheuse-a", "lead": True}],
        "datasets": [{"dataset": "colon", "variables": ["age"]}], **changes,
    }  # fmt: skip


def _post(browser: Browser, path: str, body: Any = None) -> Any:
    return browser.client.post(f"/api/v1{path}", json=body, headers={**ORIGIN, HEADER: form_token(browser.cookie)})


@pytest.fixture
def agents(add_person: Add, sign_in: SignIn) -> tuple[Browser, Browser]:
    add_person("chercheuse-a")
    first, second = (add_person(slug, Role.AGENT) for slug in ("agente-a", "agent-b"))
    return sign_in(first, Role.AGENT), sign_in(second, Role.AGENT)


@pytest.mark.requirement("E33")
def test_two_agents_bring_a_project_to_provisioning(agents: tuple[Browser, Browser], services: Services) -> None:
    first, second = agents
    made = _post(first, "/projects", _authorisation())
    assert made.status_code == 201
    assert made.json()["state"] == "draft"
    refused = _post(first, "/projects/etude-un/confirm")
    assert (refused.status_code, refused.json()["code"]) == (403, "second-person")
    confirmed = _post(second, "/projects/etude-un/confirm").json()
    assert confirmed["state"] == "authorised"
    assert confirmed["allowed_actions"] == ["abandon"]
    offered = _post(first, "/projects/etude-un/capacity", {"cpu": 4, "memory_gib": 4}).json()
    assert offered["allowed_actions"] == ["provision", "abandon"]
    started = _post(first, "/projects/etude-un/provision").json()
    assert [step["name"] for step in started["steps"]] == [
        "capacity",
        "vault",
        "objectstore",
        "kubernetes",
        "isolation",
    ]
    again = _post(second, "/projects/etude-un/provision")
    assert (again.status_code, again.json()["code"]) == (409, "transition-refused")
    with services.db.transaction() as session:
        jobs = session.scalars(text("SELECT task_name FROM procrastinate_jobs")).all()
        refusals = session.scalars(select(EventRow.action).where(EventRow.outcome == "refused")).all()
    assert "tre.reconcile" in jobs
    assert sorted(refusals) == ["project.confirm", "project.provision"]


@pytest.mark.requirement("1.4.01")
def test_what_is_missing_is_named_and_nothing_is_created(agents: tuple[Browser, Browser]) -> None:
    answer = _post(agents[0], "/projects", _authorisation(controller=""))
    assert answer.status_code == 422
    assert answer.json()["code"] == "authorisation-controller-missing"
    assert answer.json()["remedy"]
    assert agents[0].get("/api/v1/projects").json()["items"] == []


@pytest.mark.requirement("E15")
def test_a_stranger_and_a_wrong_name_get_one_answer(
    agents: tuple[Browser, Browser], add_person: Add, sign_in: SignIn
) -> None:
    _post(agents[0], "/projects", _authorisation())
    stranger = sign_in(add_person("chercheur-b"), Role.RESEARCHER)
    answers = [stranger.get(f"/api/v1/projects/{slug}") for slug in ("etude-un", "etude-zz")]
    documents = [{k: v for k, v in a.json().items() if k != "request_id"} for a in answers]
    assert [a.status_code for a in answers] == [404, 404]
    assert documents[0] == documents[1]


def test_lists_come_in_pages(agents: tuple[Browser, Browser]) -> None:
    for number in range(3):
        _post(agents[0], "/projects", _authorisation(slug=f"etude-{number}"))
    page = agents[0].get("/api/v1/projects?limit=2").json()
    assert [item["slug"] for item in page["items"]] == ["etude-0", "etude-1"]
    rest = agents[0].get(f"/api/v1/projects?limit=2&after={page['next']}").json()
    assert ([item["slug"] for item in rest["items"]], rest["next"]) == (["etude-2"], None)


def test_people_are_invited_and_given_roles_by_two(agents: tuple[Browser, Browser]) -> None:
    first, second = agents
    invited = _post(first, "/people", {"slug": "relectrice-a", "display_name": "Relectrice A"}).json()
    assert "invitation=" in invited["invitation"]
    grant = _post(first, "/people/relectrice-a/roles", {"role": "reviewer"}).json()
    assert _post(first, f"/people/roles/{grant['id']}/confirm").json()["code"] == "second-person"
    assert _post(second, f"/people/roles/{grant['id']}/confirm").json()["confirmed_at"]
    roles = first.get("/api/v1/people/relectrice-a/roles").json()
    assert [row["role"] for row in roles] == ["reviewer"]
    me = second.get("/api/v1/people/me").json()
    assert (me["roles"], me["obstacles"]) == (["agent"], ["training-expired"])

"""Pages render for each person; refusals say what to do and are recorded."""

from collections.abc import Callable

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import select

from tests.integration.web.browser import Browser
from tre.api.context import Services
from tre.audit.models import EventRow
from tre.core.people import Role
from tre.projects.people.models import Person

pytestmark = pytest.mark.integration


def test_public_home_is_french_and_asks_to_sign_in(app: FastAPI) -> None:
    with TestClient(app, base_url="https://tre.localhost") as public:
        answer = public.get("/")
    assert answer.status_code == 200
    assert 'lang="fr"' in answer.text
    assert "/auth/sign-in" in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]


@pytest.mark.parametrize("role", list(Role))
def test_home_of_each_person(
    role: Role, add_person: Callable[..., Person], sign_in: Callable[..., Browser]
) -> None:  # fmt: skip
    browser = sign_in(add_person("camille", role), role)
    answer = browser.get("/")
    assert answer.status_code == 200
    assert "Bonjour Camille" in answer.text


def test_signed_out_page_leads_to_sign_in_and_back(app: FastAPI) -> None:
    with TestClient(app, base_url="https://tre.localhost", follow_redirects=False) as public:
        answer = public.get("/projects")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/auth/sign-in?next=/projects"


def test_unknown_project_is_a_page_that_says_what_to_do(
    services: Services, add_person: Callable[..., Person], sign_in: Callable[..., Browser]
) -> None:
    browser = sign_in(add_person("camille", Role.AGENT), Role.AGENT)
    answer = browser.get("/projects/nowhere")
    assert answer.status_code == 404
    assert "Que faire" in answer.text
    with services.db.transaction() as session:
        refused = session.scalars(select(EventRow).where(EventRow.outcome == "refused")).all()
    assert [(row.action, row.project) for row in refused] == [("web.project", "nowhere")]


PAGES = {
    Role.AGENT: ("/projects", "/projects/new", "/people", "/people/camille", "/requests", "/datasets", "/me"),
    Role.STEWARD: ("/datasets", "/datasets/new", "/projects"),
    Role.REVIEWER: ("/requests", "/controls"),
    Role.SECURITY_OFFICER: (
        "/events",
        "/events?person=camille&since=2026-01-01",
        "/sessions",
        "/alerts",
        "/log",
        "/people",
    ),
    Role.AUDITOR: ("/events", "/sessions", "/alerts", "/log", "/controls", "/people"),
    Role.PRODUCER: ("/uses", "/datasets"),
}


@pytest.mark.parametrize("role", list(PAGES))
def test_pages_of_each_role_say_what_to_do_when_empty(
    role: Role, add_person: Callable[..., Person], sign_in: Callable[..., Browser]
) -> None:
    browser = sign_in(add_person("camille", role), role)
    for path in PAGES[role]:
        answer = browser.get(path)
        assert answer.status_code == 200, (path, answer.text[-800:])


def test_reading_events_is_itself_an_event(
    services: Services, add_person: Callable[..., Person], sign_in: Callable[..., Browser]
) -> None:
    browser = sign_in(add_person("camille", Role.AUDITOR), Role.AUDITOR)
    browser.get("/events?project=colon")
    with services.db.transaction() as session:
        assert session.scalars(select(EventRow.project).where(EventRow.action == "audit.search")).all() == ["colon"]

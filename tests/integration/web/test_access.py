"""The table route × role: whole, and true of every route (check E10)."""

from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from fastapi import APIRouter, FastAPI
from fastapi.testclient import TestClient

from tests.integration.web.browser import Browser
from tre.api import access
from tre.api.app import create_hubapi, create_ingress_api, create_workspace_api
from tre.api.context import Services
from tre.core.people import Actor, Role

pytestmark = [pytest.mark.integration, pytest.mark.requirement("E10")]
TABLE = access.load_table(access.table_file(Path("/nowhere")))
ROLES = [*Role, None]


@pytest.fixture
def every(app: FastAPI, services: Services) -> list[FastAPI]:
    return [app, create_hubapi(services), create_workspace_api(services), create_ingress_api(services)]


def test_every_route_has_a_row_and_every_row_a_route(every: list[FastAPI]) -> None:
    named = {route.name for application in every for route in access.routes(application)}
    assert named == set(TABLE.rows)


def test_one_name_is_one_row_of_the_table() -> None:
    text = access.table_file(Path("/nowhere")).read_text("utf-8")
    names = [line.split(":")[0].strip() for line in text.splitlines() if line.startswith("  ") and ":" in line]
    assert len(names) == len(set(names))


def test_route_without_a_row_stops_the_start(app: FastAPI) -> None:
    router = APIRouter()
    router.add_api_route("/secret", lambda: "", name="nobody.asked")
    app.include_router(router)
    with pytest.raises(access.AccessTableError):
        access.check_complete(app, TABLE)


def test_service_route_without_its_principal_stops_the_start(app: FastAPI) -> None:
    router = APIRouter()
    router.add_api_route("/hub", lambda: "", name="hub.profiles")
    app.include_router(router)
    with pytest.raises(access.AccessTableError):
        access.check_complete(app, TABLE)


def admitted(callers: frozenset[str], role: Role | None) -> bool:
    """The table read a second time, differently, so that a fault in reading it shows."""
    if "public" in callers:
        return True
    if callers & {"service:hub", "service:session"}:
        return False
    return "*" in callers or (role is not None and str(role) in callers)


@pytest.mark.parametrize("role", ROLES)
def test_table_admits_whom_it_names(role: Role | None) -> None:
    actor = Actor("person", "p", "per-1", frozenset({role} if role else ()))
    for name, callers in TABLE.rows.items():
        assert TABLE.admits(name, actor) == admitted(callers, role), name


def test_nobody_without_a_session_but_on_public_routes() -> None:
    actor = Actor("anonymous", "public")
    assert {name for name in TABLE.rows if TABLE.admits(name, actor)} == {
        name for name, callers in TABLE.rows.items() if "public" in callers
    }


def calls(app: FastAPI) -> Iterator[tuple[str, str, str]]:
    """Every (name, method, path) with made-up ids in it."""
    for route in access.routes(app):
        path = route.path_format
        for parameter in route.dependant.path_params:
            path = path.replace(f"{{{parameter.name}}}", "1" if "int" in str(parameter.field_info) else "unknown-id")
            path = path.replace(f"{{{parameter.name}:path}}", "unknown-id")
        for method in sorted(route.methods - {"HEAD"}):
            yield route.name, method, path


def call(client: Any, method: str, path: str, headers: dict[str, str] | None = None) -> Any:
    return client.request(method, path, headers={"accept": "application/json", **(headers or {})})


def test_public_reaches_public_routes_and_no_other(app: FastAPI) -> None:
    origin = {"origin": "https://tre.localhost", "sec-fetch-site": "same-origin"}
    app.state.oidc = SimpleNamespace(authorization_url=lambda flow: "/x", sign_out_url=lambda to: "/x")
    with TestClient(app, base_url="https://tre.localhost", follow_redirects=False) as public:
        for name, method, path in calls(app):
            if TABLE.public(name):
                continue
            status = call(public, method, path, origin).status_code
            assert status in ({303} if method == "GET" and not path.startswith("/api/") else {401}), (name, status)


def test_each_role_is_refused_where_the_table_does_not_name_it(
    app: FastAPI, add_person: Callable[..., Any], sign_in: Callable[..., Browser]
) -> None:
    """Refused by the table: 403 ``role-missing``. Admitted by it: anything else, for ids that nobody has."""
    headers = {"origin": "https://tre.localhost", "sec-fetch-site": "same-origin"}
    wrong = []
    for number, role in enumerate(ROLES):
        roles = [role] if role else []
        browser = sign_in(add_person(f"camille-{number}", *roles), *roles)
        for name, method, path in calls(app):
            if name.startswith(("auth.", "web.review.")):
                continue  # sign-in is public; a review's form wants the token of its own request, tested apart
            answer = call(browser.client, method, path, headers)
            by_table = answer.status_code == 403 and "role-missing" in answer.text
            if by_table and TABLE.admits(name, Actor("person", "p", "per-1", frozenset(roles))):
                by_table = False  # a domain may use the same code for a rule of its own
            if by_table == admitted(TABLE.rows[name], role) or answer.status_code == 500:
                wrong.append((role, name, method, path, answer.status_code))
    assert not wrong

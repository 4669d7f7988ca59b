"""The code flow, sign-out and back-channel logout against a provider with real keys; bearer tokens of the API."""

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import select

from tests.integration.web.browser import ORIGIN
from tests.integration.web.conftest import NOW, Clock
from tests.unit.api.issuer import CLIENT, INTERNAL, ISSUER, Issuer
from tre.api.app import create_app
from tre.api.auth import COOKIE, LIFETIME
from tre.api.context import Services
from tre.audit.events import AuditEvent
from tre.audit.models import EventRow
from tre.audit.service import record
from tre.core.ids import new_id
from tre.core.people import Role, system
from tre.core.settings import Settings
from tre.db.session import Database
from tre.platform.oidc import OidcClient
from tre.projects.people.models import Account, Person

pytestmark = [pytest.mark.integration, pytest.mark.requirement("E13")]
LOGOUT = {"http://schemas.openid.net/event/backchannel-logout": {}}


@pytest.fixture
def issuer() -> Issuer:
    return Issuer()


@pytest.fixture
def services(database: Database, clock: Clock) -> Services:
    settings = Settings(oidc_issuer=ISSUER, oidc_internal_url=INTERNAL, oidc_client_id=CLIENT)
    parts: Any = None
    return Services(database, parts, parts, parts, settings, clock)


@pytest.fixture
def app(services: Services, issuer: Issuer) -> FastAPI:
    return create_app(services, OidcClient(services.settings, httpx.MockTransport(issuer.handle)))


@pytest.fixture
def person(add_person: Callable[..., Person], services: Services) -> Person:
    """Somebody whose account at the provider is ``sub-1``."""
    known = add_person("camille", Role.AGENT)
    with services.db.transaction() as session:
        session.add(Account(id=new_id("acc"), person_id=known.id, issuer=ISSUER, subject="sub-1", bound_at=NOW))
        record(session, AuditEvent("x", system("test")))
    return known


@pytest.fixture
def browser(app: FastAPI) -> Iterator[TestClient]:
    with TestClient(app, base_url="https://tre.localhost", follow_redirects=False) as client:
        yield client


def leave(browser: TestClient, next_: str = "/projects") -> dict[str, str]:
    """Go to the provider; returns what we asked it for."""
    answer = browser.get("/auth/sign-in", params={"next": next_})
    return {key: value[0] for key, value in parse_qs(urlsplit(answer.headers["location"]).query).items()}


def come_back(browser: TestClient, issuer: Issuer, asked: dict[str, str], **changes: Any) -> Any:
    claims = issuer.claims(**{"typ": "ID", "nonce": asked["nonce"], **changes})
    issuer.tokens = {"id_token": issuer.sign(claims)}
    return browser.get("/auth/callback", params={"code": "c", "state": asked["state"]})


def signed_in(browser: TestClient, issuer: Issuer) -> None:
    assert come_back(browser, issuer, leave(browser)).status_code == 303
    assert browser.get("/projects").status_code == 200


@pytest.mark.usefixtures("person")
def test_sign_in_returns_to_where_one_wanted_to_go(browser: TestClient, issuer: Issuer) -> None:
    answer = come_back(browser, issuer, leave(browser))
    assert answer.headers["location"] == "/projects"
    cookie = answer.headers["set-cookie"].lower()
    assert cookie.startswith("__host-tre=")
    assert all(word in cookie for word in ("httponly", "secure", "samesite=lax", "path=/"))
    assert "domain=" not in cookie.split("__host-tre-sign-in")[0]


@pytest.mark.usefixtures("person")
@pytest.mark.parametrize(
    "next_", ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:x", "/a\nb"]
)
def test_nobody_chooses_another_host_to_return_to(browser: TestClient, issuer: Issuer, next_: str) -> None:
    assert come_back(browser, issuer, leave(browser, next_)).headers["location"] == "/"


@pytest.mark.usefixtures("person")
def test_attempt_serves_once_in_one_browser(app: FastAPI, browser: TestClient, issuer: Issuer) -> None:
    asked = leave(browser)
    with TestClient(app, base_url="https://tre.localhost", follow_redirects=False) as thief:
        assert come_back(thief, issuer, asked).status_code == 401
    assert come_back(browser, issuer, {**asked, "state": "another"}).status_code == 401
    assert come_back(browser, issuer, asked).status_code == 401  # the wrong state used the attempt up


@pytest.mark.usefixtures("person")
@pytest.mark.parametrize("changes", [{"acr": "1"}, {"nonce": "old"}, {"aud": "other"}, {"exp": 1}, {"typ": "Bearer"}])
def test_weak_or_foreign_identity_opens_nothing(
    browser: TestClient, issuer: Issuer, services: Services, changes: dict[str, Any]
) -> None:
    assert come_back(browser, issuer, leave(browser), **changes).status_code == 401
    assert browser.get("/projects").status_code == 303
    with services.db.transaction() as session:
        outcomes = session.scalars(select(EventRow.outcome).where(EventRow.action == "auth.callback")).all()
    assert outcomes == ["refused"]


def test_account_that_nobody_invited_is_told_so(browser: TestClient, issuer: Issuer) -> None:
    answer = come_back(browser, issuer, leave(browser))
    assert answer.status_code == 403
    assert "invitation" in answer.text


@pytest.mark.usefixtures("person")
def test_sign_out_kills_cookie_and_bearer_tokens_of_the_session(browser: TestClient, issuer: Issuer) -> None:
    token = {"authorization": f"Bearer {issuer.sign(issuer.claims())}"}
    signed_in(browser, issuer)
    assert browser.get("/api/v1/people/me", headers=token).status_code == 200
    form = browser.get("/projects").text.split('name="form_token" value="')[1].split('"')[0]
    stolen = browser.cookies[COOKIE]
    assert browser.post("/auth/sign-out", data={"form_token": form}, headers=ORIGIN).status_code == 303
    browser.cookies.set(COOKIE, stolen, domain="tre.localhost")
    assert browser.get("/projects").status_code == 303
    refused = browser.get("/api/v1/people/me", headers=token)
    assert (refused.status_code, refused.json()["code"]) == (401, "token-signed-out")


@pytest.mark.usefixtures("person")
def test_provider_ends_sessions_by_back_channel(browser: TestClient, issuer: Issuer) -> None:
    signed_in(browser, issuer)
    rubbish = browser.post("/auth/backchannel-logout", data={"logout_token": issuer.sign(issuer.claims())})
    assert rubbish.status_code == 401
    assert browser.get("/projects").status_code == 200
    token = issuer.sign(issuer.claims(typ="Logout", events=LOGOUT))
    assert browser.post("/auth/backchannel-logout", data={"logout_token": token}).status_code == 200
    assert browser.get("/projects").status_code == 303


@pytest.mark.usefixtures("person")
def test_session_ends_when_idle_and_after_its_lifetime(browser: TestClient, issuer: Issuer, clock: Clock) -> None:
    signed_in(browser, issuer)
    start = clock.now
    while clock.now - start < LIFETIME:
        assert browser.get("/projects").status_code == 200
        clock.now += LIFETIME / 20
    assert browser.get("/projects").status_code == 303


@pytest.mark.usefixtures("person")
def test_idle_session_is_over(browser: TestClient, issuer: Issuer, clock: Clock, services: Services) -> None:
    from datetime import timedelta  # noqa: PLC0415

    signed_in(browser, issuer)
    clock.now += timedelta(minutes=services.settings.idle_minutes + 1)
    assert browser.get("/projects").status_code == 303


def test_revoked_role_is_gone_on_the_next_call(
    browser: TestClient, issuer: Issuer, person: Person, services: Services
) -> None:
    from tre.projects.people.models import RoleGrant  # noqa: PLC0415

    signed_in(browser, issuer)
    assert browser.get("/people").status_code == 200
    with services.db.transaction() as session:
        for grant in session.scalars(select(RoleGrant).where(RoleGrant.person_id == person.id)):
            grant.revoked_at = NOW
        record(session, AuditEvent("x", system("test")))
    assert browser.get("/people").status_code == 403


@pytest.mark.usefixtures("person")
def test_no_secret_of_a_sign_in_is_in_the_log(browser: TestClient, issuer: Issuer, services: Services) -> None:
    signed_in(browser, issuer)
    with services.db.transaction() as session:
        bodies = b"".join(session.scalars(select(EventRow.body)).all()).decode()
    for secret in (browser.cookies[COOKIE], issuer.tokens["id_token"]):
        assert secret not in bodies


def test_description_names_every_route_of_the_api(browser: TestClient, app: FastAPI) -> None:
    from tre.api.access import routes  # noqa: PLC0415

    described = browser.get("/api/v1/openapi.json").json()["paths"]
    served = {r.path_format for r in routes(app) if r.path_format.startswith("/api/v1/")} - {"/api/v1/openapi.json"}
    assert served == set(described)

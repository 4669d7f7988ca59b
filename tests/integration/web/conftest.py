"""People's application over a real PostgreSQL; browsers are TestClients with a real session behind their cookie."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from tests.integration.web.browser import Browser
from tre.api.app import create_app
from tre.api.auth import COOKIE, open_session
from tre.api.context import Services
from tre.api.csrf import HEADER, form_token
from tre.audit.events import AuditEvent
from tre.audit.service import record
from tre.core.errors import Unavailable
from tre.core.ids import new_id
from tre.core.people import Role, system
from tre.core.settings import Settings
from tre.db.session import Database
from tre.platform.oidc import Claims
from tre.projects.people.models import Account, Person, RoleGrant

NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)


class Clock:
    """A clock that tests move."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


class Down:
    """A part of the platform that does not answer."""

    def __getattr__(self, name: str) -> Any:
        raise Unavailable("part-down", f"{name}: this part is down.", "Try again later.")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def services(database: Database, clock: Clock) -> Services:
    settings = Settings(oidc_issuer="https://id.tre.localhost/realms/tre")
    parts: Any = Down()  # pages under test here must do without S3, Vault and Kubernetes
    return Services(database, parts, parts, parts, settings, clock)


@pytest.fixture
def app(services: Services) -> FastAPI:
    return create_app(services, oidc=None)


@pytest.fixture
def add_person(services: Services) -> Callable[..., Person]:
    """Adds a person with roles in force."""

    def add(slug: str, *roles: Role) -> Person:
        with services.db.transaction() as session:
            person = Person(id=new_id("per"), slug=slug, display_name=slug.title(), email="", created_at=NOW)
            session.add(person)
            session.flush()
            session.add(Account(id=new_id("acc"), person_id=person.id, issuer="https://id", subject=slug, bound_at=NOW))
            for role in roles:
                session.add(
                    RoleGrant(
                        id=new_id("grt"),
                        person_id=person.id,
                        role=role,
                        proposed_by="a",
                        proposed_at=NOW,
                        confirmed_by="b",
                        confirmed_at=NOW,
                    )
                )
            record(session, AuditEvent("person.add", system("test"), target=person.id))
        return person

    return add


@pytest.fixture
def sign_in(services: Services, app: FastAPI) -> Iterator[Callable[..., Browser]]:
    """Opens a browser whose person is signed in with these token roles."""
    opened: list[TestClient] = []

    def go(person: Person, *roles: Role) -> Browser:
        claims = Claims("https://id", person.slug, new_id("sid"), frozenset(roles), 2**31, 0, True, {})
        with services.db.transaction() as session:
            value = open_session(session, person.id, claims, services.clock())
        client = TestClient(app, base_url=services.settings.public_url, follow_redirects=False)
        client.cookies.set(COOKIE, value, domain="tre.localhost")
        client.headers[HEADER] = form_token(value)  # as our own script sends it with API calls
        opened.append(client)
        return Browser(client, value)

    yield go
    for client in opened:
        client.close()


def a_day(offset: int) -> date:
    return date.fromordinal(NOW.date().toordinal() + offset)

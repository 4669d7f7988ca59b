"""The public register (check E38): what it tells, what it never tells."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from tests.integration.web.conftest import NOW
from tre.api.context import Services
from tre.audit.events import AuditEvent
from tre.core.ids import new_id
from tre.core.people import Actor, Role, system
from tre.projects import service as projects
from tre.projects.forms import AuthorisationForm, NamedDataset, NamedPerson
from tre.projects.models import Project
from tre.projects.people.models import Person
from tre.projects.states import State

pytestmark = [pytest.mark.integration, pytest.mark.requirement("E38")]
SLUG = "colon-survie"


@pytest.fixture
def public(app: FastAPI) -> Iterator[TestClient]:
    with TestClient(app, base_url="https://tre.localhost") as client:
        yield client


@pytest.fixture
def project(services: Services, add_person: Callable[..., Person]) -> None:
    """An active project; its title would be a formula in a spreadsheet."""
    agent, other = (add_person(slug, Role.AGENT) for slug in ("agente-a", "agent-b"))
    add_person("chercheuse-secrete")
    today = NOW.date()
    form = AuthorisationForm(
        slug=SLUG, title="=SURVIE()", reference="DR-1", authority="CNIL", legal_basis="article 66",
        purpose="Mesurer <b>la</b> survie", controller="Hôpital", public_benefit="Soins", starts_on=today,
        ends_on=today + timedelta(days=90), decision_sha256="0" * 64, theme="Cancérologie",
        people=(NamedPerson("chercheuse-secrete", lead=True),), datasets=(NamedDataset("colon", ("age",)),),
    )  # fmt: skip

    def by(person: Person) -> AuditEvent:
        return AuditEvent("x", Actor("person", person.slug, person.id, frozenset({Role.AGENT})))

    with services.db.transaction() as session:
        projects.propose(session, form, event=by(agent), clock=services.clock)
    with services.db.transaction() as session:
        projects.confirm(session, SLUG, event=by(other), clock=services.clock)


def change(services: Services, **values: object) -> None:
    from tre.audit.service import record  # noqa: PLC0415

    with services.db.transaction() as session:
        row = session.query(Project).filter_by(slug=SLUG).one()
        for name, value in values.items():
            setattr(row, name, value)
        record(session, AuditEvent("x", system("test"), target=new_id("x")))


@pytest.mark.usefixtures("project")
def test_nothing_is_public_before_the_project_works(public: TestClient) -> None:
    assert public.get("/registre.json").json()["projects"] == []
    assert public.get(f"/registre/{SLUG}").status_code == 404


@pytest.mark.usefixtures("project")
def test_every_form_tells_the_project_and_no_person(public: TestClient, services: Services) -> None:
    change(services, state=State.ACTIVE)
    for path in ("/registre", "/register", f"/registre/{SLUG}", "/registre.json", "/register.csv"):
        answer = public.get(path)
        assert answer.status_code == 200
        assert "DR-1" in answer.text or path in {"/registre", "/register"}
        assert "Cancérologie" in answer.text
        for hidden in ("secrete", "agente-a", "@"):
            assert hidden not in answer.text.replace(services.settings.support_contact, ""), (path, hidden)
    assert "<b>" not in public.get("/registre").text


@pytest.mark.usefixtures("project")
def test_json_and_csv_state_the_licence_and_csv_computes_nothing(public: TestClient, services: Services) -> None:
    change(services, state=State.ACTIVE)
    document = public.get("/registre.json")
    assert "etalab" in document.json()["licence"]["url"]
    assert 'rel="license"' in document.headers["link"]
    assert "'=SURVIE()" in public.get("/registre.csv").text


@pytest.mark.usefixtures("project")
def test_results_stay_hidden_under_embargo(public: TestClient, services: Services) -> None:
    change(services, state=State.ACTIVE, embargo_until=NOW.date() + timedelta(days=5))
    assert public.get("/registre.json").json()["projects"][0]["results"] is None
    assert "embargo" in public.get(f"/registre/{SLUG}").text
    change(services, embargo_until=NOW.date() - timedelta(days=1))
    assert public.get("/registre.json").json()["projects"][0]["results"] == 0


@pytest.mark.usefixtures("project")
def test_closed_project_stays(public: TestClient, services: Services) -> None:
    change(services, state=State.CLOSED)
    assert public.get("/registre.json").json()["projects"][0]["status"] == "ended"


def test_filter_by_theme_and_words(public: TestClient, services: Services, project: None) -> None:
    change(services, state=State.ACTIVE)
    assert "=SURVIE()" in public.get("/registre", params={"theme": "Cancérologie", "q": "survie"}).text
    assert "=SURVIE()" not in public.get("/registre", params={"theme": "Pneumologie"}).text

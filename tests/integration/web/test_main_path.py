"""The main job through pages alone: authorise, start, request, check, two blind reviews, release, download."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from fastapi import FastAPI

from tests.integration.egress.world import GOOD, KEY, ORIGIN, SMALL, MemoryStore, Signer
from tests.integration.web.browser import Browser
from tests.integration.web.conftest import Clock, a_day
from tre.api.app import create_app
from tre.api.context import Services
from tre.audit.events import AuditEvent
from tre.audit.seal import Sealer
from tre.audit.service import record
from tre.core.people import Role, system
from tre.core.settings import Settings
from tre.db.session import Database
from tre.egress import service as egress
from tre.egress.neighbours import parts_of
from tre.projects.models import Project
from tre.projects.people.models import Person
from tre.projects.states import State

pytestmark = pytest.mark.integration
SLUG = "colon-survie"
CONTEXT = {
    "what": "Effectifs par sexe", "population": "Patients inclus", "n": "940", "variables": "sexe",
    "controls": "Seuil de 11", "relation": "aucun",
}  # fmt: skip
MET = {"singling_out": "met", "linkability": "met", "inference": "met"}


@pytest.fixture
def services(database: Database, clock: Clock) -> Services:
    """People's pages over the real database; buckets and signatures in memory, as in the export tests."""
    parts: Any = None
    store: Any = MemoryStore()
    vault: Any = Signer()
    return Services(database, store, vault, parts, Settings(), clock)


@dataclass
class Cast:
    """The people of the story."""

    agent: Browser
    second: Browser
    lead: Browser
    reviewers: tuple[Browser, Browser]
    outsider: Browser


@pytest.fixture
def cast(add_person: Callable[..., Person], sign_in: Callable[..., Browser]) -> Cast:
    def enter(slug: str, role: Role) -> Browser:
        return sign_in(add_person(slug, role), role)

    return Cast(
        agent=enter("agente-a", Role.AGENT),
        second=enter("agent-b", Role.AGENT),
        lead=sign_in(add_person("chercheuse-a"), Role.RESEARCHER),
        reviewers=(enter("relectrice-a", Role.REVIEWER), enter("relecteur-b", Role.REVIEWER)),
        outsider=sign_in(add_person("chercheur-z"), Role.RESEARCHER),
    )


@pytest.fixture
def app(services: Services) -> FastAPI:
    return create_app(services)


def authorise(cast: Cast) -> None:
    """Record by one agent, confirm by another, start by the first."""
    form = {
        "slug": SLUG, "title": "Survie après cancer du côlon", "reference": "DR-1", "authority": "CNIL",
        "legal_basis": "article 66", "purpose": "Mesurer la survie", "controller": "CHU fictif",
        "public_benefit": "Soins", "starts_on": a_day(-1).isoformat(), "ends_on": a_day(300).isoformat(),
        "decision_sha256": "0" * 64, "person": ["chercheuse-a", ""], "person_ends_on": ["", ""], "lead": ["0"],
        "dataset": ["survival-colon"], "variables": ["age, sexe"],
    }  # fmt: skip
    made = cast.agent.post("/projects/new", **form)
    assert made.headers.get("location") == f"/projects/{SLUG}?done=project.propose", made.text[-1500:]
    assert cast.agent.post(f"/projects/{SLUG}/confirm").status_code == 403
    assert cast.second.post(f"/projects/{SLUG}/confirm").status_code == 303
    quota = {"cpu": "4", "memory_gib": "8"}
    assert cast.agent.post(f"/projects/{SLUG}/provision", **quota).status_code == 303


def activate(services: Services) -> None:
    """What the worker does after its last step."""
    with services.db.transaction() as session:
        project = session.query(Project).filter_by(slug=SLUG).one()
        project.state = State.ACTIVE
        record(session, AuditEvent("project.activate", system("worker"), SLUG))


def hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found is not None, name
    return found.group(1)


def request_of(cast: Cast, name: str) -> str:
    """Ask for one file of the work folder; returns the request's address."""
    offered = cast.lead.get(f"/requests/new?project={SLUG}")
    assert name in offered.text
    fields = {"title": "Tableau 1", "purpose": "Article", "destination": "Revue", "file": [name]}
    place = cast.lead.post(f"/requests/new?project={SLUG}", **fields).headers["location"].split("?")[0]
    page = cast.lead.get(place).text
    file_id = re.search(r'id="(fil-[a-z0-9]+)"', page)
    assert file_id is not None
    assert cast.lead.post(f"{place}/files/{file_id.group(1)}/context", **CONTEXT).status_code == 303
    assert cast.lead.post(f"{place}/submit").status_code == 303
    return place


def file_of(browser: Browser, place: str) -> str:
    found = re.search(rf'href="({place}/files/fil-[a-z0-9]+)"', browser.get(place).text)
    assert found is not None
    return found.group(1)


def vote(reviewer: Browser, place: str, decision: str = "approve") -> Any:
    """Claim, read the file's page, vote on what it showed."""
    purpose = f"decide:{place.rsplit('/', 1)[1]}"
    reviewer.post(f"{place}/claim", purpose, conflict="none")
    address = file_of(reviewer, place)
    page = reviewer.get(address).text
    return reviewer.post(f"{address}/vote", purpose, decision=decision, binding=hidden(page, "binding"), **MET)


@pytest.mark.requirement("E18")
@pytest.mark.requirement("E26")
def test_from_authorisation_to_download(cast: Cast, services: Services, sealer_database: Database) -> None:
    authorise(cast)
    activate(services)
    services.store.put(f"tre-{SLUG}-work", "t1.csv", GOOD, len(GOOD))
    place = request_of(cast, "t1.csv")
    assert egress.run_due_checks(services.db, parts_of(services)) == 1
    assert "Relire" in cast.reviewers[0].get("/").text
    assert cast.outsider.get(place).status_code == 404
    first, second = cast.reviewers
    assert vote(first, place).status_code == 303
    assert vote(second, place).status_code == 303
    Sealer(sealer_database, KEY, services.store, ORIGIN, services.clock).tick()
    assert egress.release_due(services.db, parts_of(services)) == 1
    link = re.search(r'href="(/releases/[^"]+/files/[^"]+)"', cast.lead.get(place).text)
    assert link is not None
    out = cast.lead.get(link.group(1))
    assert out.content == GOOD
    assert out.headers["content-disposition"].startswith("attachment")
    assert first.get(link.group(1)).status_code == 403
    assert cast.outsider.get(link.group(1)).status_code == 403  # no role in force: the table refuses any such address


@pytest.mark.requirement("E21")
def test_blocked_file_shows_its_cells_and_cannot_be_approved(cast: Cast, services: Services) -> None:
    authorise(cast)
    activate(services)
    services.store.put(f"tre-{SLUG}-work", "petits.csv", SMALL, len(SMALL))
    place = request_of(cast, "petits.csv")
    egress.run_due_checks(services.db, parts_of(services))
    assert "FRQ-01" in cast.lead.get(place).text
    refused = vote(cast.reviewers[0], place)
    assert refused.status_code == 409
    page = cast.reviewers[0].get(file_of(cast.reviewers[0], place)).text
    assert 'class="mark block"' in page


def test_decision_needs_the_token_of_its_own_request(cast: Cast, services: Services) -> None:
    authorise(cast)
    activate(services)
    services.store.put(f"tre-{SLUG}-work", "t1.csv", GOOD, len(GOOD))
    place = request_of(cast, "t1.csv")
    egress.run_due_checks(services.db, parts_of(services))
    assert cast.reviewers[0].post(f"{place}/claim", conflict="none").status_code == 403


def test_incomplete_authorisation_keeps_what_was_typed(cast: Cast) -> None:
    answer = cast.agent.post("/projects/new", slug="etude-x", title="Mon étude", person=["chercheuse-a"])
    assert answer.status_code == 422
    assert "Mon étude" in answer.text
    assert 'role="alert"' in answer.text
    assert cast.agent.get("/projects/etude-x").status_code == 404

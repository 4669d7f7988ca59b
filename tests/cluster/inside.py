"""Runs inside the control plane's pod (`python - VERB ARGUMENTS` on standard input): what people would click.

`make SLUG PERSON` makes and provisions a project with one member; `ticket SLUG PERSON`; `suspend SLUG`; `close SLUG`;
`state SLUG`. Only the product's own verbs; the people are the tests' own.
"""

import datetime as dt
import sys

from sqlalchemy import select

from tre.api.workspaces import parts_of
from tre.audit.events import AuditEvent
from tre.audit.service import record
from tre.core.ids import new_id
from tre.core.people import Actor, Role, system
from tre.core.settings import settings
from tre.db.models import load_models
from tre.projects import authorisations, lifecycle
from tre.projects.forms import AuthorisationForm, NamedDataset, NamedPerson
from tre.projects.models import Project
from tre.projects.people import accept_terms, current_terms, find_person
from tre.projects.people.models import Person, RoleGrant, Training
from tre.sessions import service
from tre.worker.process import services_of

load_models()
parts = services_of(settings())
now = dt.datetime.now(dt.UTC)
today = now.date()


def person(session, slug, role):
    found = find_person(session, slug)
    if found is not None:
        return found
    made = Person(id=new_id("per"), slug=slug, display_name=slug, email=f"{slug}@example.org", created_at=now)
    session.add(made)
    session.flush()
    session.add(
        Training(
            id=new_id("trn"),
            person_id=made.id,
            issuer="Essai",
            reference="1",
            recorded_by="installation",
            valid_until=today + dt.timedelta(days=90),
            recorded_at=now,
        )
    )
    session.add(
        RoleGrant(
            id=new_id("grt"),
            person_id=made.id,
            role=role,
            proposed_by="installation",
            proposed_at=now,
            confirmed_by="installation",
            confirmed_at=now,
        )
    )
    record(session, AuditEvent("person.expect", system("setup")))
    return made


def agent(session, slug):
    found = person(session, slug, Role.AGENT)
    return Actor("person", found.slug, person_id=found.id, roles=frozenset({Role.AGENT}))


def act(actor, action="test.act"):
    return AuditEvent(action, actor)


def make(slug, member):
    with parts.db.transaction() as session:
        first, second = agent(session, "essai-agent-a"), agent(session, "essai-agent-b")
        person(session, member, Role.RESEARCHER)
        form = AuthorisationForm(
            slug=slug, title=f"Essai {slug}", reference="ESSAI-1", authority="CNIL", legal_basis="art. 66 LIL",
            purpose="Essai", controller="CHU de Démonstration", public_benefit="Essai", starts_on=today,
            ends_on=today + dt.timedelta(days=30), decision_sha256="a" * 64, theme="essai",
            people=(NamedPerson(member, lead=True),), datasets=(NamedDataset("essai", ("a",)),),
        )  # fmt: skip
        authorisations.propose(session, form, event=act(first))
    with parts.db.transaction() as session:
        authorisations.confirm(session, slug, event=act(second))
        lifecycle.acknowledge_capacity(session, slug, {"cpu": 6, "memory_gib": 10}, event=act(first))
    with parts.db.transaction() as session:
        lifecycle.provision(session, slug, event=act(first))


def ticket(slug, member):
    with parts.db.transaction() as session:
        found = find_person(session, member)
        terms = current_terms(session, today)
        if terms is not None:
            accept_terms(session, found.id, terms.version, event=act(system("test"), "terms.accept"))
        event = AuditEvent("workspace.open", system("test"), slug)
        print(service.issue_ticket(session, parts_of(parts), slug, found.id, event=event))


def suspend(slug):
    with parts.db.transaction() as session:
        lifecycle.suspend(session, slug, "test", event=act(agent(session, "essai-agent-a")))


def state(slug):
    with parts.db.transaction() as session:
        print(session.scalar(select(Project.state).where(Project.slug == slug)))


verb, arguments = sys.argv[1], sys.argv[2:]
{"make": make, "ticket": ticket, "suspend": suspend, "state": state}[verb](*arguments)

"""People and projects as tests need them, made by the domain's own verbs. Names are fictional."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from sqlalchemy.orm import Session

from tre.audit.events import AuditEvent
from tre.audit.service import record
from tre.core.ids import new_id
from tre.core.people import Actor, Role, system
from tre.projects import lifecycle, service
from tre.projects.forms import AuthorisationForm, NamedDataset, NamedPerson
from tre.projects.models import Project
from tre.projects.people import Person
from tre.projects.people.models import RoleGrant, Training
from tre.projects.steps import Status

WORKER = system("worker")


@dataclass
class FakeClock:
    """A clock that tests move."""

    now: datetime = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **delta: int) -> None:
        self.now += timedelta(**delta)

    @property
    def today(self) -> date:
        return self.now.date()


def by(actor: Actor, action: str = "test.act") -> AuditEvent:
    """An event in the actor's name."""
    return AuditEvent(action, actor)


def person(session: Session, slug: str, *roles: Role, clock: FakeClock | None = None) -> Person:
    """A trained person with confirmed roles."""
    now = (clock or FakeClock())()
    made = Person(id=new_id("per"), slug=slug, display_name=slug.title(), email=f"{slug}@example.org", created_at=now)
    session.add(made)
    session.flush()
    session.add(
        Training(
            id=new_id("trn"),
            person_id=made.id,
            issuer="Centre de formation",
            reference="F-1",
            valid_until=now.date() + timedelta(days=3650),
            recorded_by="installation",
            recorded_at=now,
        )
    )
    for role in roles:
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
    record(session, by(system("setup"), "person.expect"))
    return made


def actor(of: Person, *roles: Role) -> Actor:
    """The person as the caller of one call."""
    return Actor("person", of.slug, person_id=of.id, roles=frozenset(roles))


def form(slug: str, people: Sequence[Person], clock: FakeClock | None = None, **changes: object) -> AuthorisationForm:
    """A complete authorisation of a year; the first of ``people`` leads."""
    today = (clock or FakeClock()).today
    whole = AuthorisationForm(
        slug=slug,
        title=f"Étude {slug}",
        reference="DR-2026-001",
        authority="CNIL",
        legal_basis="art. 66 LIL",
        purpose="Évaluer une prise en charge",
        controller="CHU de Démonstration",
        public_benefit="Meilleurs soins",
        starts_on=today,
        ends_on=today + timedelta(days=365),
        decision_sha256="a" * 64,
        theme="oncologie",
        people=tuple(NamedPerson(p.slug, lead=index == 0) for index, p in enumerate(people)),
        datasets=(NamedDataset("colon", ("sex", "age", "status")),),
    )
    return replace(whole, **changes)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Team:
    """Two agents and a security officer, and what they do."""

    first: Actor
    second: Actor
    officer: Actor


def team(session: Session, clock: FakeClock | None = None) -> Team:
    """The people who run a platform."""
    agents = [person(session, slug, Role.AGENT, clock=clock) for slug in ("agente-a", "agent-b")]
    officer = person(session, "securite-a", Role.SECURITY_OFFICER, clock=clock)
    return Team(actor(agents[0], Role.AGENT), actor(agents[1], Role.AGENT), actor(officer, Role.SECURITY_OFFICER))


def authorised_project(
    session: Session, of: Team, slug: str, people: Sequence[Person], clock: FakeClock | None = None
) -> Project:
    """A project with a confirmed authorisation."""
    now = clock or FakeClock()
    service.propose(session, form(slug, people, now), event=by(of.first, "project.propose"), clock=now)
    return service.confirm(session, slug, event=by(of.second, "project.confirm"), clock=now)


def provisioning_project(
    session: Session, of: Team, slug: str, people: Sequence[Person], clock: FakeClock | None = None
) -> Project:
    """A project whose provisioning has begun."""
    now = clock or FakeClock()
    authorised_project(session, of, slug, people, now)
    service.acknowledge_capacity(session, slug, {"cpu": 4}, event=by(of.first), clock=now)
    return service.provision(session, slug, event=by(of.first, "project.provision"), clock=now)


def active_project(
    session: Session, of: Team, slug: str, people: Sequence[Person], clock: FakeClock | None = None
) -> Project:
    """An active project, its steps marked done as the runner would."""
    now = clock or FakeClock()
    provisioning_project(session, of, slug, people, now)
    for step in lifecycle.current_run(session, slug, "provision"):
        step.status = Status.DONE
    session.flush()
    return service.activate(session, slug, event=by(WORKER, "project.activate"), clock=now)

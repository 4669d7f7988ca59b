"""A project with its people and requests, made by the domains' own verbs: what browsers then look at."""

from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property

from sqlalchemy.orm import Session

from tests.integration.egress.world import FORM, GOOD, KEY, MET, ORIGIN, SMALL
from tre.api.auth import COOKIE, open_session
from tre.api.context import Services
from tre.audit.events import AuditEvent
from tre.audit.seal import Sealer
from tre.audit.service import record
from tre.core.ids import new_id
from tre.core.people import Actor, Role, system
from tre.datasets import neighbours as data_neighbours
from tre.datasets import service as datasets
from tre.db.session import Database
from tre.egress import service as egress
from tre.egress.contracts import Parts
from tre.egress.neighbours import parts_of
from tre.egress.store import files
from tre.egress.votes import Decision
from tre.platform.oidc import Claims
from tre.projects import service as projects
from tre.projects.forms import AuthorisationForm, NamedDataset, NamedPerson
from tre.projects.models import Project
from tre.projects.people.models import Person, RoleGrant
from tre.projects.states import State
from tre.web.render import LANGUAGE_COOKIE

SLUG, NEXT = "colon-survie", "poumon-parcours"
CAST: dict[str, tuple[str, tuple[Role, ...]]] = {
    "agente-a": ("Agente A", (Role.AGENT,)),
    "agent-b": ("Agent B", (Role.AGENT,)),
    "chercheuse-a": ("Chercheuse A", ()),
    "chercheur-b": ("Chercheur B", ()),
    "relectrice-a": ("Relectrice A", (Role.REVIEWER,)),
    "relecteur-b": ("Relecteur B", (Role.REVIEWER,)),
    "intendante-a": ("Intendante A", (Role.STEWARD,)),
    "securite-a": ("Responsable de sécurité A", (Role.SECURITY_OFFICER,)),
    "auditrice-a": ("Auditrice A", (Role.AUDITOR,)),
}
RESEARCH = frozenset({Role.RESEARCHER})


@dataclass
class Story:
    """People, one active project, one waiting for its second person, three requests."""

    services: Services
    sealer_database: Database
    ids: dict[str, str] = field(default_factory=dict)
    requests: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._people()
        self._project(SLUG, "Survie après cancer du côlon")
        self._start()
        self._dataset()
        self._exports()
        self._propose(NEXT, "Parcours de soins du cancer du poumon")

    @property
    def base(self) -> str:
        return self.services.settings.public_url

    @cached_property
    def parts(self) -> Parts:
        return parts_of(self.services)

    def actor(self, slug: str) -> Actor:
        roles = frozenset(CAST[slug][1]) or RESEARCH
        return Actor("person", slug, self.ids[slug], roles)

    def event(self, slug: str, action: str = "story") -> AuditEvent:
        return AuditEvent(action, self.actor(slug))

    def cookies(self, who: str, language: str) -> list[dict[str, object]]:
        """A signed-in browser's cookies; the role researcher comes from the token and being named."""
        shared = {"url": self.base, "secure": True, "sameSite": "Lax"}
        spoken = {"name": LANGUAGE_COOKIE, "value": language, **shared}
        if not who:
            return [spoken]
        claims = Claims("https://id", who, new_id("sid"), frozenset(Role), 2**31, 0, True, {})
        with self.services.db.transaction() as session:
            value = open_session(session, self.ids[who], claims, self.services.clock())
        return [spoken, {"name": COOKIE, "value": value, "httpOnly": True, **shared}]

    def _people(self) -> None:
        now = self.services.clock()
        with self.services.db.transaction() as session:
            for slug, (name, roles) in CAST.items():
                person = Person(id=new_id("per"), slug=slug, display_name=name, email="", created_at=now)
                session.add(person)
                session.flush()
                self.ids[slug] = person.id
                self._grants(session, person.id, roles)
            record(session, AuditEvent("story.people", system("story")))

    def _grants(self, session: Session, person_id: str, roles: tuple[Role, ...]) -> None:
        now = self.services.clock()
        for role in roles:
            session.add(
                RoleGrant(
                    id=new_id("grt"), person_id=person_id, role=role, proposed_by="a", proposed_at=now,
                    confirmed_by="b", confirmed_at=now,
                )
            )  # fmt: skip

    def _propose(self, slug: str, title: str) -> None:
        today = self.services.clock().date()
        form = AuthorisationForm(
            slug=slug, title=title, reference="DR-2026-114", authority="CNIL", theme="Cancérologie",
            legal_basis="Article 66 de la loi Informatique et libertés", controller="Hôpital fictif",
            purpose="Mesurer la survie selon le stade et le délai de prise en charge.",
            public_benefit="Éclairer les recommandations de prise en charge.", starts_on=today - timedelta(days=3),
            ends_on=today + timedelta(days=400), decision_sha256="ab" * 32,
            people=(NamedPerson("chercheuse-a", lead=True), NamedPerson("chercheur-b")),
            datasets=(NamedDataset("survival-colon", ("age", "sex", "rx", "status", "time")),),
        )  # fmt: skip
        with self.services.db.transaction() as session:
            projects.propose(session, form, event=self.event("agente-a", "project.propose"))

    def _project(self, slug: str, title: str) -> None:
        self._propose(slug, title)
        with self.services.db.transaction() as session:
            projects.confirm(session, slug, event=self.event("agent-b", "project.confirm"))
        with self.services.db.transaction() as session:
            quota = {"cpu": 8, "memory_gib": 16}
            projects.acknowledge_capacity(session, slug, quota, event=self.event("agente-a"))
            projects.provision(session, slug, event=self.event("agente-a", "project.provision"))

    def _start(self) -> None:
        """The worker's part, which needs a cluster."""
        with self.services.db.transaction() as session:
            session.query(Project).filter_by(slug=SLUG).one().state = State.ACTIVE
            record(session, AuditEvent("project.activate", system("story"), SLUG))

    def _dataset(self) -> None:
        parts = data_neighbours.parts_of(self.services)
        entry = datasets.Entry(
            "survival-colon", "Essai de chimiothérapie adjuvante", "Groupe coopératif fictif",
            "Données cliniques ouvertes d’un essai.", "1984–1990", "Usage pour la recherche, sous autorisation.",
        )  # fmt: skip
        with self.services.db.transaction() as session:
            made = datasets.add_dataset(session, parts, entry, event=self.event("intendante-a"))
            variables = [{"name": name} for name in ("age", "sex", "rx", "status", "time")]
            event = self.event("intendante-a")
            version = datasets.add_version(session, parts, made.id, ("1.0", variables), event=event)
            datasets.publish(session, parts, version.id, event=event)
            datasets.propose_attachment(session, parts, SLUG, version.id, event=self.event("agente-a"))

    def submit(self, title: str, content: dict[str, bytes]) -> str:
        """A request of the lead with these files, checked and open for review; returns its id."""
        parts, person = self.parts, self.event("chercheuse-a")
        with self.services.db.transaction() as session:
            draft = egress.Draft(SLUG, title, "Article, résultat principal prévu.", "Revue médicale")
            made = egress.create(session, parts, draft, event=person)
            for name, data in content.items():
                self.services.store.put(f"tre-{SLUG}-work", name, data)
                egress.add_file(session, parts, made.id, egress.Chosen(name, FORM), event=person)
        with self.services.db.transaction() as session:
            egress.submit(session, parts, made.id, event=person)
        egress.run_due_checks(self.services.db, parts)
        return made.id

    def file_ids(self, request_id: str) -> dict[str, str]:
        with self.services.db.transaction() as session:
            return {file.name: file.id for file in files(session, request_id)}

    def claim(self, request_id: str, *reviewers: str) -> None:
        for slug in reviewers:
            with self.services.db.transaction() as session:
                egress.claim(session, self.parts, request_id, True, event=self.event(slug))

    def _exports(self) -> None:
        clean = self.submit("Tableau 1 : effectifs par sexe", {"tables/tableau-1.csv": GOOD})
        self.claim(clean, "relectrice-a", "relecteur-b")
        for slug in ("relectrice-a", "relecteur-b"):
            for file_id in self.file_ids(clean).values():
                with self.services.db.transaction() as session:
                    opinion = egress.Opinion(file_id, Decision.APPROVE, MET)
                    egress.vote(session, self.parts, clean, opinion, event=self.event(slug))
        Sealer(self.sealer_database, KEY, self.services.store, ORIGIN, self.services.clock).tick()
        egress.release_due(self.services.db, self.parts)
        blocked = self.submit("Tableau 2 : stades", {"tables/tableau-2.csv": SMALL})
        self.claim(blocked, "relectrice-a")
        self.requests = {"released": clean, "blocked": blocked}

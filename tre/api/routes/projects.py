"""Projects (`/api/v1/projects`). Rules are in `tre.projects`; here are shapes and the wake that follows a change."""

from collections.abc import Callable
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response, status
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from tre.api.deps import CurrentActor, Svc, Tx
from tre.audit.events import AuditEvent
from tre.core.people import Actor
from tre.projects import runner, service
from tre.projects.forms import DEFAULT_POLICY, AuthorisationForm, NamedDataset, NamedPerson
from tre.projects.models import Authorisation, Project, Step
from tre.projects.people.store import people_by_id
from tre.worker.wake import wake

router = APIRouter(prefix="/projects", tags=["projects"])
Text = Annotated[str, Field(max_length=4000)]
Json = dict[str, Any]


class PersonIn(BaseModel):
    """A person of the decision, by slug or id."""

    person: str = Field(max_length=40)
    ends_on: date | None = None
    lead: bool = False


class DatasetIn(BaseModel):
    """A dataset and its authorised variables."""

    dataset: str = Field(max_length=80)
    variables: list[str] = Field(max_length=5000)


class AuthorisationIn(BaseModel):
    """An authorisation as recorded; what is missing is refused by name, so nothing but the slug is required here."""

    slug: str = Field(max_length=200)
    title: Text = ""
    theme: Text = ""
    reference: Text = ""
    authority: Text = ""
    legal_basis: Text = ""
    purpose: Text = ""
    controller: Text = ""
    public_benefit: Text = ""
    starts_on: date | None = None
    ends_on: date | None = None
    decision_sha256: str = Field(default="", max_length=64)
    policy_id: str = Field(default=DEFAULT_POLICY, max_length=80)
    people: list[PersonIn] = Field(default=[], max_length=500)
    datasets: list[DatasetIn] = Field(default=[], max_length=100)

    def form(self, slug: str | None = None) -> AuthorisationForm:
        """The domain's form."""
        plain = self.model_dump(exclude={"people", "datasets", "slug"})
        return AuthorisationForm(
            slug=slug or self.slug,
            people=tuple(NamedPerson(p.person, p.ends_on, p.lead) for p in self.people),
            datasets=tuple(NamedDataset(d.dataset, tuple(d.variables)) for d in self.datasets),
            **plain,
        )


class Reason(BaseModel):
    """Why, as a code: it goes into the log, so it is not free text."""

    reason: str = Field(pattern=r"^[a-z][a-z0-9-]{2,59}$")


class Closing(BaseModel):
    """The last day for exports."""

    last_export_on: date


class CapacityIn(BaseModel):
    """The quota that is acknowledged."""

    cpu: int = 8
    memory_gib: int = 24
    pods: int = 40
    home_total_gib: int = 100
    work_gib: int = 50


def event(actor: Actor, action: str, slug: str | None = None) -> AuditEvent:
    """The event of one call."""
    return AuditEvent(action, actor, project=slug)


def summary(project: Project) -> Json:
    """A project in a list."""
    current = project.authorisation
    return {
        "slug": project.slug, "title": project.title, "state": project.state, "frozen": project.frozen,
        "state_reason": project.state_reason, "state_since": project.state_since,
        "ends_on": current.ends_on if current else None, "last_export_on": project.last_export_on,
    }  # fmt: skip


def version_out(session: Session, row: Authorisation) -> Json:
    """A version of an authorisation, with its people's names."""
    names = people_by_id(session, [person.person_id for person in row.people])
    plain = ("version", "title", "theme", "reference", "authority", "legal_basis", "purpose", "controller",
             "public_benefit", "starts_on", "ends_on", "decision_sha256", "recorded_by", "recorded_at",
             "confirmed_by", "confirmed_at", "superseded_at", "withdrawn_at")  # fmt: skip
    people = [
        {"person": names[p.person_id].slug, "name": names[p.person_id].display_name, "lead": p.lead,
         "ends_on": p.ends_on}
        for p in row.people
    ]  # fmt: skip
    datasets = [{"dataset": d.dataset, "variables": d.variables} for d in row.datasets]
    return {**{name: getattr(row, name) for name in plain}, "people": people, "datasets": datasets}


def step_out(row: Step) -> Json:
    """A step of a procedure."""
    names = ("procedure", "run", "ordinal", "name", "status", "attempts", "started_at", "finished_at", "retry_at",
             "error_code", "error", "result")  # fmt: skip
    return {name: getattr(row, name) for name in names}


def detail(session: Session, project: Project, actor: Actor, today: date) -> Json:
    """A project with its versions, its steps, and what this actor may do now."""
    current, proposed = project.authorisation, project.proposed
    return {
        **summary(project),
        "policy_id": project.policy_id,
        "capacity": project.capacity,
        "capacity_acknowledged_by": project.capacity_acknowledged_by,
        "awake": project.awake,
        "authorisation": version_out(session, current) if current else None,
        "proposed": version_out(session, proposed) if proposed else None,
        "steps": [step_out(row) for row in runner.current_steps(session, project)],
        "drift": len(service.open_drift(session, project.slug)),
        "allowed_actions": service.allowed_actions(session, project, event(actor, "project.show"), today),
    }


@router.get("", name="project.list")
def list_projects(
    tx: Tx, actor: CurrentActor, after: str = "", limit: Annotated[int, Query(ge=1, le=200)] = 50
) -> Json:
    """The projects that the caller may know of, by slug; ``next`` is the cursor of the following page."""
    rows = service.visible_page(tx, actor, after, limit + 1)
    page = rows[:limit]
    return {"items": [summary(p) for p in page], "next": page[-1].slug if len(rows) > limit else None}


@router.post("", name="project.propose", status_code=status.HTTP_201_CREATED)
def propose(body: AuthorisationIn, tx: Tx, actor: CurrentActor, services: Svc) -> Json:
    """Record a new project's authorisation."""
    project = service.propose(tx, body.form(), event=event(actor, "project.propose"), clock=services.clock)
    return detail(tx, project, actor, services.clock().date())


@router.get("/{slug}", name="project.show")
def show(slug: str, tx: Tx, actor: CurrentActor, services: Svc) -> Json:
    """One project."""
    return detail(tx, service.visible_project(tx, slug, actor), actor, services.clock().date())


@router.post("/{slug}/versions", name="project.propose-version", status_code=status.HTTP_201_CREATED)
def propose_version(slug: str, body: AuthorisationIn, tx: Tx, actor: CurrentActor, services: Svc) -> Json:
    """Record a change of people, dates or datasets as a new version."""
    row = service.propose_version(
        tx, body.form(slug), event=event(actor, "project.propose-version", slug), clock=services.clock
    )
    return version_out(tx, row)


def _verb(name: str, act: Callable[..., object]) -> None:
    """A route for a verb that takes nothing but the project."""

    def route(slug: str, tx: Tx, actor: CurrentActor, services: Svc) -> Json:
        act(tx, slug, event=event(actor, f"project.{name}", slug), clock=services.clock)
        wake(tx, "reconcile", slug=slug)
        return detail(tx, service.get_project(tx, slug), actor, services.clock().date())

    route.__doc__ = act.__doc__
    router.add_api_route(f"/{{slug}}/{name}", route, methods=["POST"], name=f"project.{name}")


for _name, _act in {
    "confirm": service.confirm, "withdraw-version": service.withdraw_version, "provision": service.provision,
    "resume": service.resume, "close": service.close, "abandon": service.abandon, "archive": service.archive,
    "propose-unfreeze": service.propose_unfreeze, "confirm-unfreeze": service.confirm_unfreeze,
}.items():  # fmt: skip
    _verb(_name, _act)


@router.post("/{slug}/capacity", name="project.capacity")
def capacity(slug: str, body: CapacityIn, tx: Tx, actor: CurrentActor, services: Svc) -> Json:
    """Acknowledge the project's quota."""
    project = service.acknowledge_capacity(
        tx, slug, body.model_dump(), event=event(actor, "project.capacity", slug), clock=services.clock
    )
    return detail(tx, project, actor, services.clock().date())


@router.post("/{slug}/suspend", name="project.suspend")
def suspend(slug: str, body: Reason, tx: Tx, actor: CurrentActor, services: Svc) -> Json:
    """Stop work at once; data is kept."""
    project = service.suspend(tx, slug, body.reason, event=event(actor, "project.suspend", slug), clock=services.clock)
    wake(tx, "reconcile", slug=slug)
    return detail(tx, project, actor, services.clock().date())


@router.post("/{slug}/freeze", name="project.freeze")
def freeze(slug: str, body: Reason, tx: Tx, actor: CurrentActor, services: Svc) -> Json:
    """Stop sessions, credentials and exports; evidence stays."""
    project = service.freeze(tx, slug, body.reason, event=event(actor, "project.freeze", slug), clock=services.clock)
    wake(tx, "reconcile", slug=slug)
    return detail(tx, project, actor, services.clock().date())


@router.post("/{slug}/announce-closing", name="project.announce-closing")
def announce(slug: str, body: Closing, tx: Tx, actor: CurrentActor, services: Svc) -> Json:
    """Announce the last day for exports."""
    project = service.announce_closing(
        tx, slug, body.last_export_on, event=event(actor, "project.announce-closing", slug), clock=services.clock
    )
    return detail(tx, project, actor, services.clock().date())


@router.get("/{slug}/steps", name="project.steps")
def list_steps(slug: str, tx: Tx, actor: CurrentActor) -> list[Json]:
    """Every step of every run, oldest first."""
    service.visible_project(tx, slug, actor)
    return [step_out(row) for row in service.steps(tx, slug)]


@router.get("/{slug}/drift", name="project.drift")
def list_drift(slug: str, tx: Tx, actor: CurrentActor) -> list[Json]:
    """The newest differences that were found, repaired ones included."""
    service.visible_project(tx, slug, actor)
    names = ("provider", "kind", "target", "path", "wanted", "found", "seen_at", "repaired_at")
    return [{name: getattr(row, name) for name in names} for row in service.drift_history(tx, slug)]


@router.get("/{slug}/certificate", name="project.certificate")
def show_certificate(slug: str, tx: Tx, actor: CurrentActor) -> Response:
    """The deletion certificate's exact signed bytes; signature and key are in headers. 404 until it is issued."""
    service.visible_project(tx, slug, actor)
    issued = service.issued_certificate(tx, slug)
    headers = {"Tre-Signature": issued.signature.hex(), "Tre-Public-Key": issued.public_key.replace("\n", "\\n")}
    return Response(issued.body, media_type="application/json", headers=headers)

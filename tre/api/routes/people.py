"""People (`/api/v1/people`): invitations, roles, training, terms, freezing one person. Rules: `tre.projects.people`."""

from datetime import date
from typing import Any

from fastapi import APIRouter, status
from pydantic import BaseModel, Field
from sqlalchemy import select

from tre.api.deps import CurrentActor, Svc, Tx
from tre.api.routes.projects import Reason, event
from tre.core.people import Role
from tre.projects import people, service
from tre.projects.people.accounts import NewPerson
from tre.projects.people.models import Person, RoleGrant
from tre.projects.people.standing import NewTerms, TrainingRecord, obstacles, training_valid_until
from tre.worker.wake import wake

router = APIRouter(prefix="/people", tags=["people"])
Json = dict[str, Any]


class Invite(BaseModel):
    """Somebody to invite, or to give a second account."""

    slug: str = Field(max_length=200)
    display_name: str = Field(min_length=1, max_length=200)
    email: str = Field(default="", max_length=254, pattern=r"^$|^[^@\s]+@[^@\s]+$")


class Grant(BaseModel):
    """A role to propose."""

    role: Role


class TrainingIn(BaseModel):
    """A certificate of training."""

    issuer: str = Field(max_length=200)
    reference: str = Field(max_length=200)
    valid_until: date


class TermsIn(BaseModel):
    """A text of terms to publish."""

    version: str = Field(pattern=r"^[0-9A-Za-z.-]{1,20}$")
    body: str = Field(min_length=1, max_length=100_000)
    effective_on: date


class Acceptance(BaseModel):
    """The version that is accepted."""

    version: str = Field(max_length=20)


def person_out(row: Person) -> Json:
    """A person, without their accounts."""
    return {"id": row.id, "slug": row.slug, "display_name": row.display_name, "frozen": row.frozen_at is not None}


def grant_out(row: RoleGrant) -> Json:
    """A grant of a role and where it stands."""
    names = ("id", "person_id", "role", "proposed_by", "proposed_at", "confirmed_by", "confirmed_at", "revoked_by",
             "revoked_at")  # fmt: skip
    return {name: getattr(row, name) for name in names}


@router.get("/me", name="person.me")
def me(tx: Tx, actor: CurrentActor, services: Svc) -> Json:
    """The caller: roles in force, and what stands between them and work today."""
    today = services.clock().date()
    person = people.get_person(tx, actor.person_id or "")
    terms = people.current_terms(tx, today)
    return {
        **person_out(person),
        "roles": sorted(actor.roles),
        "obstacles": obstacles(tx, person.id, today),
        "training_until": training_valid_until(tx, person.id),
        "terms": {"version": terms.version, "text_sha256": terms.text_sha256, "body": terms.body} if terms else None,
    }


@router.post("/me/terms", name="person.accept-terms")
def accept_terms(body: Acceptance, tx: Tx, actor: CurrentActor, services: Svc) -> Json:
    """Accept the current terms."""
    row = people.accept_terms(
        tx, actor.person_id or "", body.version, event=event(actor, "person.accept-terms"), clock=services.clock
    )
    return {"version": row.version, "text_sha256": row.text_sha256, "accepted_at": row.accepted_at}


@router.get("", name="person.list")
def list_people(tx: Tx, actor: CurrentActor) -> list[Json]:  # noqa: ARG001  # the dependency is the sign-in
    """Everybody known, by slug."""
    return [person_out(row) for row in tx.scalars(select(Person).order_by(Person.slug))]


@router.post("", name="person.invite", status_code=status.HTTP_201_CREATED)
def invite(body: Invite, tx: Tx, actor: CurrentActor, services: Svc) -> Json:
    """Invite; the code is shown once, in this answer."""
    person, code = people.invite(
        tx, NewPerson(body.slug, body.display_name, body.email), event=event(actor, "person.invite"),
        clock=services.clock,
    )  # fmt: skip
    return {**person_out(person), "invitation": f"{services.settings.public_url}/auth/sign-in?invitation={code}"}


@router.get("/{slug}/roles", name="person.roles")
def list_roles(slug: str, tx: Tx, actor: CurrentActor) -> list[Json]:  # noqa: ARG001
    """Every grant there was, newest first."""
    person = people.person_by_slug(tx, slug)
    query = select(RoleGrant).where(RoleGrant.person_id == person.id).order_by(RoleGrant.id.desc())
    return [grant_out(row) for row in tx.scalars(query)]


@router.post("/{slug}/roles", name="person.propose-role", status_code=status.HTTP_201_CREATED)
def propose_role(slug: str, body: Grant, tx: Tx, actor: CurrentActor, services: Svc) -> Json:
    """Propose a role; it is in force when somebody else confirms."""
    person = people.person_by_slug(tx, slug)
    row = people.propose_role(tx, person.id, body.role, event=event(actor, "role.propose"), clock=services.clock)
    return grant_out(row)


@router.post("/roles/{grant_id}/confirm", name="person.confirm-role")
def confirm_role(grant_id: str, tx: Tx, actor: CurrentActor, services: Svc) -> Json:
    """Put a proposed role in force."""
    return grant_out(people.confirm_role(tx, grant_id, event=event(actor, "role.confirm"), clock=services.clock))


@router.post("/roles/{grant_id}/revoke", name="person.revoke-role")
def revoke_role(grant_id: str, tx: Tx, actor: CurrentActor, services: Svc) -> Json:
    """End a role at once."""
    return grant_out(people.revoke_role(tx, grant_id, event=event(actor, "role.revoke"), clock=services.clock))


@router.post("/{slug}/training", name="person.training", status_code=status.HTTP_201_CREATED)
def record_training(slug: str, body: TrainingIn, tx: Tx, actor: CurrentActor, services: Svc) -> Json:
    """Record a certificate of training."""
    person = people.person_by_slug(tx, slug)
    training = TrainingRecord(body.issuer, body.reference, body.valid_until)
    row = people.record_training(tx, person.id, training, event=event(actor, "person.training"), clock=services.clock)
    return {"id": row.id, "valid_until": row.valid_until}


@router.post("/terms", name="person.publish-terms", status_code=status.HTTP_201_CREATED)
def publish_terms(body: TermsIn, tx: Tx, actor: CurrentActor, services: Svc) -> Json:
    """Publish a version of the terms of use."""
    new = NewTerms(body.version, body.body, body.effective_on)
    row = people.publish_terms(tx, new, event=event(actor, "terms.publish"), clock=services.clock)
    return {"version": row.version, "text_sha256": row.text_sha256, "effective_on": row.effective_on}


@router.post("/{slug}/freeze", name="person.freeze")
def freeze(slug: str, body: Reason, tx: Tx, actor: CurrentActor, services: Svc) -> Json:
    """Stop everything of one person at once."""
    person = people.person_by_slug(tx, slug)
    service.freeze_person(tx, person.id, body.reason, event=event(actor, "person.freeze"), clock=services.clock)
    wake(tx, "sessions")
    return person_out(person)


@router.post("/{slug}/release", name="person.release")
def release(slug: str, tx: Tx, actor: CurrentActor, services: Svc) -> Json:
    """End a person's freeze."""
    person = people.person_by_slug(tx, slug)
    return person_out(service.release_person(tx, person.id, event=event(actor, "person.release"), clock=services.clock))

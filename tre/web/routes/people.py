"""People, for agents and security officers: invitations, roles by two people, training, freezing."""

from fastapi import APIRouter, Request, Response
from sqlalchemy import select

from tre.api.deps import CurrentActor, Svc, Tx
from tre.core.errors import Invalid
from tre.core.people import Role
from tre.projects import people
from tre.projects import service as projects
from tre.projects.people.accounts import NewPerson
from tre.projects.people.models import Person, RoleGrant
from tre.projects.people.standing import TrainingRecord, obstacles, training_valid_until
from tre.web.forms import Fields, act, day, text
from tre.web.render import back, page
from tre.worker.wake import wake

router = APIRouter()


@router.get("/people", name="web.people")
def people_list(request: Request, session: Tx) -> Response:
    """Everybody, with the roles in force."""
    rows = session.scalars(select(Person).order_by(Person.slug)).all()
    open_grants = session.scalars(select(RoleGrant).where(RoleGrant.revoked_at.is_(None))).all()
    grants: dict[str, list[RoleGrant]] = {}
    for grant in open_grants:
        grants.setdefault(grant.person_id, []).append(grant)
    return page(request, "people/list.html", rows=rows, grants=grants)


@router.post("/people", name="web.person.invite")
def invite(request: Request, session: Tx, services: Svc, actor: CurrentActor, fields: Fields) -> Response:
    """Invite; the link is shown once, on this answer, and kept nowhere."""
    newcomer = NewPerson(text(fields, "slug"), text(fields, "display_name"), text(fields, "email"))
    person, code = people.invite(session, newcomer, event=act("person.invite", actor), clock=services.clock)
    link = f"{services.settings.public_url}/auth/sign-in?invitation={code}"
    return page(request, "people/invited.html", invited=person, link=link)


@router.get("/people/{slug}", name="web.person")
def person_page(request: Request, slug: str, session: Tx, services: Svc) -> Response:
    """One person: roles and who gave them, training, what stands between them and work."""
    row = people.person_by_slug(session, slug)
    query = select(RoleGrant).where(RoleGrant.person_id == row.id).order_by(RoleGrant.id.desc())
    grants = session.scalars(query).all()
    ids = {grant.proposed_by for grant in grants} | {grant.confirmed_by or "" for grant in grants}
    names = {key: known.display_name for key, known in people.people_by_id(session, ids).items()}
    today = services.clock().date()
    return page(
        request, "people/page.html", row=row, grants=grants, names=names, roles=list(Role),
        obstacles=obstacles(session, row.id, today), training=training_valid_until(session, row.id),
    )  # fmt: skip


@router.post("/people/{slug}/roles", name="web.person.propose-role")
def propose_role(slug: str, session: Tx, services: Svc, actor: CurrentActor, fields: Fields) -> Response:
    """Propose a role; somebody else confirms."""
    try:
        role = Role(text(fields, "role"))
    except ValueError as wrong:
        raise Invalid("role-unknown", "There is no such role.", "Choose one from the list.") from wrong
    person = people.person_by_slug(session, slug)
    people.propose_role(session, person.id, role, event=act("role.propose", actor), clock=services.clock)
    return back(f"/people/{slug}", "person.grant")


@router.post("/people/{slug}/roles/{grant_id}/confirm", name="web.person.confirm-role")
def confirm_role(slug: str, grant_id: str, session: Tx, services: Svc, actor: CurrentActor) -> Response:
    """Put a proposed role in force."""
    people.confirm_role(session, grant_id, event=act("role.confirm", actor), clock=services.clock)
    return back(f"/people/{slug}", "person.confirm")


@router.post("/people/{slug}/roles/{grant_id}/revoke", name="web.person.revoke-role")
def revoke_role(slug: str, grant_id: str, session: Tx, services: Svc, actor: CurrentActor) -> Response:
    """End a role at once."""
    people.revoke_role(session, grant_id, event=act("role.revoke", actor), clock=services.clock)
    return back(f"/people/{slug}", "person.revoke")


@router.post("/people/{slug}/training", name="web.person.training")
def training(slug: str, session: Tx, services: Svc, actor: CurrentActor, fields: Fields) -> Response:
    """Record a certificate of training."""
    person = people.person_by_slug(session, slug)
    until = day(fields, "valid_until")
    if until is None:
        raise Invalid("training-incomplete", "The last day is missing.", "Give it, as on the certificate.")
    certificate = TrainingRecord(text(fields, "issuer"), text(fields, "reference"), until)
    event = act("person.training", actor)
    people.record_training(session, person.id, certificate, event=event, clock=services.clock)
    return back(f"/people/{slug}", "person.training")


@router.post("/people/{slug}/freeze", name="web.person.freeze")
def freeze(slug: str, session: Tx, services: Svc, actor: CurrentActor) -> Response:
    """Stop everything of one person at once."""
    person = people.person_by_slug(session, slug)
    projects.freeze_person(session, person.id, "asked", event=act("person.freeze", actor), clock=services.clock)
    wake(session, "sessions")
    return back(f"/people/{slug}", "project.freeze")


@router.post("/people/{slug}/release", name="web.person.release")
def release(slug: str, session: Tx, services: Svc, actor: CurrentActor) -> Response:
    """End the freeze."""
    person = people.person_by_slug(session, slug)
    projects.release_person(session, person.id, event=act("person.release", actor), clock=services.clock)
    return back(f"/people/{slug}", "project.unfreeze")

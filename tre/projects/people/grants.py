"""Roles: proposed by one entitled person, in force when another confirms, out of force when revoked."""

from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from tre.audit.events import AuditEvent
from tre.audit.service import record
from tre.core.clock import Clock, system_clock
from tre.core.errors import Conflict, NotFound
from tre.core.ids import new_id
from tre.core.people import Role
from tre.projects.models import Authorisation, AuthorisedPerson
from tre.projects.people.models import RoleGrant
from tre.projects.people.permissions import (
    NEVER_MEMBERS,
    check_compatible,
    check_may_administer_people,
    check_second_person,
)
from tre.projects.people.store import get_person


def granted_roles(session: Session, person_id: str) -> frozenset[Role]:
    """The confirmed, unrevoked roles of a person."""
    rows = session.scalars(
        select(RoleGrant.role).where(
            RoleGrant.person_id == person_id, RoleGrant.confirmed_at.is_not(None), RoleGrant.revoked_at.is_(None)
        )
    )
    return frozenset(Role(row) for row in rows)


def is_named(session: Session, person_id: str) -> bool:
    """True when a confirmed authorisation version that is the current one names the person."""
    query = (
        select(AuthorisedPerson.person_id)
        .join(Authorisation, Authorisation.id == AuthorisedPerson.authorisation_id)
        .where(
            AuthorisedPerson.person_id == person_id,
            Authorisation.confirmed_at.is_not(None),
            Authorisation.superseded_at.is_(None),
        )
    )
    return session.scalar(query.limit(1)) is not None


def roles_in_force(session: Session, person_id: str, token_roles: frozenset[Role]) -> frozenset[Role]:
    """What the identity provider says and two people confirmed: neither is enough alone.

    Being named in a confirmed authorisation is the confirmation of the role researcher: two people made it.
    """
    confirmed = granted_roles(session, person_id)
    if Role.RESEARCHER in token_roles and is_named(session, person_id):
        confirmed |= {Role.RESEARCHER}
    return token_roles & confirmed


def propose_role(
    session: Session, person_id: str, role: Role, *, event: AuditEvent, clock: Clock = system_clock
) -> RoleGrant:
    """Propose a role.

    Raises Forbidden ``role-missing``, Conflict ``grant-exists``, ``duties-incompatible``, ``member``.
    """
    check_may_administer_people(event.actor)
    person = get_person(session, person_id)
    _check_can_hold(session, person.id, role)
    if _open_grant(session, person.id, role) is not None:
        raise Conflict("grant-exists", "This role is already proposed or held.", "Confirm or revoke the one there is.")
    grant = RoleGrant(
        id=new_id("grt"), person_id=person.id, role=role, proposed_at=clock(),
        proposed_by=event.actor.person_id or event.actor.label,
    )  # fmt: skip
    session.add(grant)
    record(session, replace(event, target=grant.id, detail={**event.detail, "person": person.id, "role": role}), clock)
    return grant


def confirm_role(session: Session, grant_id: str, *, event: AuditEvent, clock: Clock = system_clock) -> RoleGrant:
    """Put a proposed role in force. The proposer and the person themselves cannot: Forbidden ``second-person``."""
    check_may_administer_people(event.actor)
    grant = _get_grant(session, grant_id)
    if grant.revoked_at is not None or grant.confirmed_at is not None:
        raise Conflict("grant-settled", "This role was already confirmed or revoked.", "Propose it again if needed.")
    check_second_person(event.actor, (grant.proposed_by, grant.person_id))
    _check_can_hold(session, grant.person_id, grant.role)
    grant.confirmed_by, grant.confirmed_at = event.actor.person_id, clock()
    detail = {**event.detail, "person": grant.person_id, "role": grant.role}
    record(session, replace(event, target=grant.id, detail=detail), clock)
    return grant


def revoke_role(session: Session, grant_id: str, *, event: AuditEvent, clock: Clock = system_clock) -> RoleGrant:
    """End a role at once; one entitled person is enough, because it only takes away."""
    check_may_administer_people(event.actor)
    grant = _get_grant(session, grant_id)
    if grant.revoked_at is not None:
        raise Conflict("grant-settled", "This role was already revoked.", "Nothing more to do.")
    grant.revoked_by, grant.revoked_at = event.actor.person_id or event.actor.label, clock()
    detail = {**event.detail, "person": grant.person_id, "role": grant.role}
    record(session, replace(event, target=grant.id, detail=detail), clock)
    return grant


def _check_can_hold(session: Session, person_id: str, role: Role) -> None:
    check_compatible(role, granted_roles(session, person_id))
    if role in NEVER_MEMBERS and is_named(session, person_id):
        raise Conflict(
            "member", f"A member of a project cannot hold the role {role}.", "Choose somebody who is in no project."
        )


def _open_grant(session: Session, person_id: str, role: Role) -> RoleGrant | None:
    return session.scalar(
        select(RoleGrant).where(
            RoleGrant.person_id == person_id, RoleGrant.role == role, RoleGrant.revoked_at.is_(None)
        )
    )


def _get_grant(session: Session, grant_id: str) -> RoleGrant:
    grant = session.get(RoleGrant, grant_id, with_for_update=True)
    if grant is None:
        raise NotFound("grant-unknown", "No such grant of a role.", "Check the identifier.")
    return grant

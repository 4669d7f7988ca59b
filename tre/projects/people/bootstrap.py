"""The first people and roles, named by the installation's own values: nobody could propose them yet (design §1).

They are audited like all others, with the person that the values give as the one who confirmed.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from tre.audit.events import AuditEvent
from tre.audit.service import record
from tre.core.clock import Clock, system_clock
from tre.core.errors import Forbidden, Invalid
from tre.core.ids import check_slug, new_id
from tre.core.people import Role
from tre.projects.people.grants import granted_roles
from tre.projects.people.models import ExpectedAccount, Person, RoleGrant
from tre.projects.people.permissions import check_compatible


@dataclass(frozen=True)
class FirstGrant:
    """A role for a user name at the identity provider, and the other user name that answers for it."""

    username: str
    role: Role
    confirmed_by: str
    display_name: str = ""
    email: str = ""


def read_grants(entries: Iterable[Mapping[str, Any]]) -> list[FirstGrant]:
    """Check the installation's list. Raises Invalid ``grants-invalid``."""
    grants = []
    for entry in entries:
        try:
            grant = FirstGrant(
                check_slug(entry["username"], "person"), Role(entry["role"]), entry["confirmedBy"],
                entry.get("displayName", entry["username"]), entry.get("email", ""),
            )  # fmt: skip
        except (KeyError, ValueError, TypeError) as error:
            raise Invalid(
                "grants-invalid", f"A first grant of a role is not understood ({type(error).__name__}).",
                "Each needs username, role and confirmedBy.",
            ) from error  # fmt: skip
        if grant.confirmed_by == grant.username:
            raise Invalid("grants-invalid", "A first grant is confirmed by its own holder.", "Name somebody else.")
        grants.append(grant)
    return grants


def bootstrap(
    session: Session, issuer: str, grants: Iterable[FirstGrant], *, event: AuditEvent, clock: Clock = system_clock
) -> int:
    """Create the people and roles that are missing; returns how many roles were added. Idempotent.

    Only a part of ours may do this: raises Forbidden ``role-missing`` for a person.
    """
    if event.actor.kind != "system":
        raise Forbidden("role-missing", "Only the installation does this.", "Propose the role instead.")
    added = 0
    for grant in grants:
        person = _person(session, issuer, grant, event, clock)
        if _has(session, person.id, grant.role):
            continue
        check_compatible(grant.role, granted_roles(session, person.id))
        row = RoleGrant(
            id=new_id("grt"), person_id=person.id, role=grant.role, proposed_by="installation", proposed_at=clock(),
            confirmed_by=grant.confirmed_by, confirmed_at=clock(),
        )  # fmt: skip
        session.add(row)
        detail = {**event.detail, "person": person.id, "role": grant.role, "confirmed_by": grant.confirmed_by}
        record(session, replace(event, target=row.id, detail=detail), clock)
        added += 1
    return added


def _has(session: Session, person_id: str, role: Role) -> bool:
    """Also true for a revoked one: a restart of the set-up must not give back what people took away."""
    return (
        session.scalar(select(RoleGrant.id).where(RoleGrant.person_id == person_id, RoleGrant.role == role)) is not None
    )


def _person(session: Session, issuer: str, grant: FirstGrant, event: AuditEvent, clock: Clock) -> Person:
    expected = session.get(ExpectedAccount, (issuer, grant.username))
    if expected is not None:
        return session.get_one(Person, expected.person_id)
    person = session.scalar(select(Person).where(Person.slug == grant.username))
    if person is None:
        person = Person(
            id=new_id("per"), slug=grant.username, display_name=grant.display_name, email=grant.email,
            created_at=clock(),
        )  # fmt: skip
        session.add(person)
        session.flush()
    session.add(ExpectedAccount(issuer=issuer, username=grant.username, person_id=person.id))
    record(session, replace(event, action="person.expect", target=person.id), clock)
    return person

"""Invitations and sign-in: an account becomes somebody only by a one-use invitation (design §1, SATRE 1.5.01)."""

import hashlib
import secrets
from dataclasses import dataclass, replace
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from tre.audit.events import AuditEvent
from tre.audit.service import record
from tre.core.clock import Clock, system_clock
from tre.core.errors import Conflict, Forbidden
from tre.core.ids import check_slug, new_id
from tre.projects.people.models import Account, ExpectedAccount, Invitation, Person
from tre.projects.people.permissions import check_may_administer_people
from tre.projects.people.store import account_of, find_person

INVITATION_DAYS = 7


@dataclass(frozen=True)
class Identity:
    """What the identity provider said of the visitor, after validation; ``invitation`` is a code they brought along."""

    issuer: str
    subject: str
    email: str = ""
    display_name: str = ""
    username: str = ""
    invitation: str | None = None


@dataclass(frozen=True)
class NewPerson:
    """Somebody to invite."""

    slug: str
    display_name: str
    email: str = ""


def _hash(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()


def invite(
    session: Session, newcomer: NewPerson, *, event: AuditEvent, clock: Clock = system_clock
) -> tuple[Person, str]:
    """Create the person (or reuse them, for a second account) and return a code that binds one account, once.

    Raises Forbidden unless an agent or security officer asks, Invalid ``slug-invalid``.
    """
    check_may_administer_people(event.actor)
    now = clock()
    person = find_person(session, check_slug(newcomer.slug, "person"))
    if person is None:
        person = Person(
            id=new_id("per"), slug=newcomer.slug, display_name=newcomer.display_name, email=newcomer.email,
            created_at=now,
        )  # fmt: skip
        session.add(person)
        session.flush()
    code = secrets.token_urlsafe(24)
    invitation = Invitation(
        id=new_id("inv"), person_id=person.id, code_sha256=_hash(code), invited_at=now,
        invited_by=event.actor.person_id or event.actor.label, expires_at=now + timedelta(days=INVITATION_DAYS),
    )  # fmt: skip
    session.add(invitation)
    record(session, replace(event, target=person.id, detail={**event.detail, "invitation": invitation.id}), clock)
    return person, code


def sign_in(session: Session, identity: Identity, *, event: AuditEvent, clock: Clock = system_clock) -> Person:
    """The person behind an account, whose visit is recorded.

    An account that nobody invited is nobody: raises Forbidden ``not-invited``; ``invitation-invalid`` when the code is
    unknown, used or expired; ``person-frozen`` while the person is frozen.
    """
    account = account_of(session, identity.issuer, identity.subject)
    if account is None:
        account = _bind(session, identity, clock)
    person = account.person
    if person.frozen_at is not None:
        raise Forbidden("person-frozen", "Your access is frozen.", "Ask the security officer.")
    account.last_seen_at = clock()
    actor = replace(event.actor, person_id=person.id)
    record(
        session, replace(event, actor=actor, target=person.id, detail={**event.detail, "account": account.id}), clock
    )
    return person


def _bind(session: Session, identity: Identity, clock: Clock) -> Account:
    if not identity.invitation:
        expected = session.get(ExpectedAccount, (identity.issuer, identity.username), with_for_update=True)
        if expected is not None and expected.bound_at is None:
            expected.bound_at = clock()
            return bind_account(session, expected.person_id, identity, clock)
        raise Forbidden(
            "not-invited",
            "This account is not known here.",
            "Open the invitation that an agent sent you, then sign in.",
        )
    now = clock()
    invitation = session.scalar(
        select(Invitation).where(Invitation.code_sha256 == _hash(identity.invitation)).with_for_update()
    )
    if invitation is None or invitation.used_at is not None or invitation.expires_at <= now:
        raise Forbidden("invitation-invalid", "This invitation was used or has expired.", "Ask an agent for a new one.")
    invitation.used_at = now
    return bind_account(session, invitation.person_id, identity, clock)


def bind_account(session: Session, person_id: str, identity: Identity, clock: Clock) -> Account:
    """Tie (issuer, subject) to a person; raises Conflict ``account-bound`` when it is somebody's already."""
    if account_of(session, identity.issuer, identity.subject) is not None:
        raise Conflict("account-bound", "This account already belongs to somebody.", "Use another account.")
    account = Account(
        id=new_id("acc"), person_id=person_id, issuer=identity.issuer, subject=identity.subject, bound_at=clock()
    )
    session.add(account)
    session.flush()
    return account

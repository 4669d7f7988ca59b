"""Reading people."""

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from tre.core.errors import NotFound
from tre.projects.people.models import Account, Person


def get_person(session: Session, person_id: str) -> Person:
    """The person; raises NotFound ``person-unknown``."""
    person = session.get(Person, person_id)
    if person is None:
        raise NotFound("person-unknown", "No such person.", "Check the identifier, or invite the person first.")
    return person


def get(session: Session, person_id: str) -> Person | None:
    """The person with this id, or None."""
    return session.get(Person, person_id)


def find(session: Session, issuer: str, subject: str) -> Person | None:
    """The person behind an account, or None; records nothing (bearer tokens ask at every call)."""
    account = account_of(session, issuer, subject)
    return account.person if account else None


def find_person(session: Session, reference: str) -> Person | None:
    """The person with this id or slug, or None."""
    return session.scalar(select(Person).where((Person.id == reference) | (Person.slug == reference)))


def person_by_slug(session: Session, slug: str) -> Person:
    """The person; raises NotFound ``person-unknown``."""
    person = session.scalar(select(Person).where(Person.slug == slug))
    if person is None:
        raise NotFound("person-unknown", "No such person.", "Check the name, or invite the person first.")
    return person


def people_by_id(session: Session, ids: Iterable[str]) -> dict[str, Person]:
    """Those of ``ids`` that exist, by id."""
    return {person.id: person for person in session.scalars(select(Person).where(Person.id.in_(list(ids))))}


def account_of(session: Session, issuer: str, subject: str) -> Account | None:
    """The account bound to (issuer, subject), or None."""
    return session.scalar(select(Account).where(Account.issuer == issuer, Account.subject == subject))

"""Tables of people: one person, any number of accounts; a role is in force once a second person confirmed it."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from tre.core.people import Role
from tre.db.base import STATE, Base, str_enum


class Person(Base):
    """Somebody known to the platform; ``slug`` names their home, host and hub user."""

    __tablename__ = "person"
    __table_args__ = (STATE,)
    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    slug: Mapped[str] = mapped_column(String(30), unique=True)
    display_name: Mapped[str]
    email: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime]
    frozen_at: Mapped[datetime | None]

    accounts: Mapped[list["Account"]] = relationship(back_populates="person", lazy="selectin")


class Account(Base):
    """An account at an identity provider. Two of one person are one person in every rule."""

    __tablename__ = "person_account"
    __table_args__ = (UniqueConstraint("issuer", "subject"), STATE)
    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), index=True)
    issuer: Mapped[str]
    subject: Mapped[str]
    bound_at: Mapped[datetime]
    last_seen_at: Mapped[datetime | None]

    person: Mapped[Person] = relationship(back_populates="accounts")


class ExpectedAccount(Base):
    """An account that the installation names: whoever first signs in with this user name is the person, once."""

    __tablename__ = "person_expected_account"
    __table_args__ = (STATE,)
    issuer: Mapped[str] = mapped_column(primary_key=True)
    username: Mapped[str] = mapped_column(primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"))
    bound_at: Mapped[datetime | None]


class Invitation(Base):
    """Binds one account to one person, once; only the code's hash is kept."""

    __tablename__ = "person_invitation"
    __table_args__ = (STATE,)
    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"))
    code_sha256: Mapped[str] = mapped_column(String(64), unique=True)
    invited_by: Mapped[str] = mapped_column(String(40))
    invited_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class RoleGrant(Base):
    """A role proposed for a person; in force from confirmation to revocation."""

    __tablename__ = "role_grant"
    __table_args__ = (
        Index("uq_role_grant_open", "person_id", "role", unique=True, postgresql_where=text("revoked_at IS NULL")),
        STATE,
    )
    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), index=True)
    role: Mapped[Role] = mapped_column(str_enum(Role))
    proposed_by: Mapped[str] = mapped_column(String(40))
    proposed_at: Mapped[datetime]
    confirmed_by: Mapped[str | None] = mapped_column(String(40))
    confirmed_at: Mapped[datetime | None]
    revoked_by: Mapped[str | None] = mapped_column(String(40))
    revoked_at: Mapped[datetime | None]


class Training(Base):
    """A record of training that counts until a day; several may be kept, the latest end counts."""

    __tablename__ = "person_training"
    __table_args__ = (STATE,)
    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), index=True)
    issuer: Mapped[str]
    reference: Mapped[str]
    valid_until: Mapped[date]
    recorded_by: Mapped[str] = mapped_column(String(40))
    recorded_at: Mapped[datetime]


class TermsVersion(Base):
    """A version of the terms of use; the newest one that has taken effect is the one to accept."""

    __tablename__ = "terms_version"
    __table_args__ = (STATE,)
    version: Mapped[str] = mapped_column(String(20), primary_key=True)
    text_sha256: Mapped[str] = mapped_column(String(64))
    body: Mapped[str]
    effective_on: Mapped[date]
    published_at: Mapped[datetime]


class TermsAcceptance(Base):
    """Who accepted which text, when."""

    __tablename__ = "terms_acceptance"
    __table_args__ = (STATE,)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), primary_key=True)
    version: Mapped[str] = mapped_column(ForeignKey("terms_version.version"), primary_key=True)
    text_sha256: Mapped[str] = mapped_column(String(64))
    accepted_at: Mapped[datetime]

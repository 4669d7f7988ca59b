"""Tables of projects. What was authorised is never edited: a change is a new version (design §4)."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, String, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from tre.db.base import STATE, Base, str_enum
from tre.projects.states import State


class Project(Base):
    """A project; ``slug`` names it everywhere outside the database."""

    __tablename__ = "project"
    __table_args__ = (STATE,)
    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    slug: Mapped[str] = mapped_column(String(30), unique=True)
    title: Mapped[str]
    state: Mapped[State] = mapped_column(str_enum(State), index=True)
    frozen: Mapped[bool] = mapped_column(default=False)
    state_reason: Mapped[str] = mapped_column(default="")  # a code, such as ``authorisation-ended``
    state_since: Mapped[datetime]
    policy_id: Mapped[str] = mapped_column(String(80))
    capacity: Mapped[dict[str, str | int]] = mapped_column(JSONB, default=dict)
    capacity_acknowledged_by: Mapped[str | None] = mapped_column(String(40))
    last_export_on: Mapped[date | None]
    awake: Mapped[bool] = mapped_column(default=True)
    last_used_at: Mapped[datetime | None]
    applied_sha256: Mapped[str | None] = mapped_column(String(64))  # of the desired state that was applied last
    embargo_until: Mapped[date | None]  # results stay off the public register until then
    created_at: Mapped[datetime]

    authorisations: Mapped[list["Authorisation"]] = relationship(
        back_populates="project", order_by="Authorisation.version", lazy="selectin"
    )

    @property
    def authorisation(self) -> "Authorisation | None":
        """The version in force: the confirmed one that no later confirmed one has replaced."""
        confirmed = [a for a in self.authorisations if a.confirmed_at is not None and a.superseded_at is None]
        return confirmed[-1] if confirmed else None

    @property
    def proposed(self) -> "Authorisation | None":
        """The version that waits for its second person, if any."""
        waiting = [a for a in self.authorisations if a.confirmed_at is None and a.withdrawn_at is None]
        return waiting[-1] if waiting else None

    @property
    def lead(self) -> str | None:
        """The id of the person who leads, by the version in force."""
        current = self.authorisation or self.proposed
        return next((p.person_id for p in current.people if p.lead), None) if current else None


class Authorisation(Base):
    """One version of what an authority allowed, with the dates between which it was the one in force."""

    __tablename__ = "authorisation"
    __table_args__ = (UniqueConstraint("project_slug", "version"), STATE)
    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    project_slug: Mapped[str] = mapped_column(ForeignKey("project.slug"))
    version: Mapped[int]
    title: Mapped[str]
    theme: Mapped[str] = mapped_column(default="")
    reference: Mapped[str]
    authority: Mapped[str]
    legal_basis: Mapped[str]
    purpose: Mapped[str]
    controller: Mapped[str]
    public_benefit: Mapped[str]
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    decision_sha256: Mapped[str] = mapped_column(String(64))
    recorded_by: Mapped[str] = mapped_column(String(40))
    recorded_at: Mapped[datetime]
    confirmed_by: Mapped[str | None] = mapped_column(String(40))
    confirmed_at: Mapped[datetime | None]
    superseded_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]

    project: Mapped[Project] = relationship(back_populates="authorisations")
    people: Mapped[list["AuthorisedPerson"]] = relationship(lazy="selectin", order_by="AuthorisedPerson.person_id")
    datasets: Mapped[list["AuthorisedDataset"]] = relationship(lazy="selectin", order_by="AuthorisedDataset.dataset")


class AuthorisedPerson(Base):
    """A named person and the last day of their rights."""

    __tablename__ = "authorisation_person"
    __table_args__ = (STATE,)
    authorisation_id: Mapped[str] = mapped_column(ForeignKey("authorisation.id"), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), primary_key=True)
    lead: Mapped[bool] = mapped_column(default=False)
    ends_on: Mapped[date]


class AuthorisedDataset(Base):
    """A dataset and the variables of it that the decision names."""

    __tablename__ = "authorisation_dataset"
    __table_args__ = (STATE,)
    authorisation_id: Mapped[str] = mapped_column(ForeignKey("authorisation.id"), primary_key=True)
    dataset: Mapped[str] = mapped_column(String(80), primary_key=True)
    variables: Mapped[list[str]] = mapped_column(ARRAY(String))


class Step(Base):
    """One step of a procedure (``provision``, ``close``) of one project; ``run`` counts the attempts at the whole."""

    __tablename__ = "project_step"
    __table_args__ = (UniqueConstraint("project_slug", "procedure", "run", "ordinal"), STATE)
    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    project_slug: Mapped[str] = mapped_column(ForeignKey("project.slug"), index=True)
    procedure: Mapped[str] = mapped_column(String(16))
    run: Mapped[int]
    ordinal: Mapped[int]
    name: Mapped[str] = mapped_column(String(40))
    status: Mapped[str] = mapped_column(String(12), default="waiting")  # see tre.projects.steps.Status
    attempts: Mapped[int] = mapped_column(default=0)
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    retry_at: Mapped[datetime | None]
    error_code: Mapped[str] = mapped_column(default="")
    error: Mapped[str] = mapped_column(default="")
    result: Mapped[dict[str, str | int | list[str]]] = mapped_column(JSONB, default=dict)


class TwoPersonAct(Base):
    """An act on a project that takes effect when a second entitled person confirms (unfreezing)."""

    __tablename__ = "project_act"
    __table_args__ = (
        Index(
            "uq_project_act_open", "project_slug", "kind", unique=True, postgresql_where=text("confirmed_at IS NULL")
        ),
        STATE,
    )
    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    project_slug: Mapped[str] = mapped_column(ForeignKey("project.slug"))
    kind: Mapped[str] = mapped_column(String(16))
    proposed_by: Mapped[str] = mapped_column(String(40))
    proposed_at: Mapped[datetime]
    confirmed_by: Mapped[str | None] = mapped_column(String(40))
    confirmed_at: Mapped[datetime | None]


class DriftFinding(Base):
    """A difference between the world and what was rendered, as it was seen and until it was repaired."""

    __tablename__ = "project_drift"
    __table_args__ = (
        Index("ix_project_drift_open", "project_slug", postgresql_where=text("repaired_at IS NULL")),
        STATE,
    )
    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    project_slug: Mapped[str] = mapped_column(ForeignKey("project.slug"))
    provider: Mapped[str] = mapped_column(String(20))
    kind: Mapped[str] = mapped_column(String(12))
    target: Mapped[str]
    path: Mapped[str] = mapped_column(default="")
    wanted: Mapped[str] = mapped_column(default="")
    found: Mapped[str] = mapped_column(default="")
    seen_at: Mapped[datetime]
    repaired_at: Mapped[datetime | None]


class Notice(Base):
    """A warning that was given once, so that it is not given every minute."""

    __tablename__ = "project_notice"
    __table_args__ = (STATE,)
    project_slug: Mapped[str] = mapped_column(ForeignKey("project.slug"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(40), primary_key=True)
    subject: Mapped[str] = mapped_column(String(40), primary_key=True)  # a person's id, or the project's slug
    about: Mapped[date] = mapped_column(primary_key=True)
    at: Mapped[datetime]


class DeletionCertificate(Base):
    """What was destroyed, signed; ``body`` is the exact signed text."""

    __tablename__ = "project_certificate"
    __table_args__ = (STATE,)
    project_slug: Mapped[str] = mapped_column(ForeignKey("project.slug"), primary_key=True)
    body: Mapped[bytes] = mapped_column(LargeBinary)
    signature: Mapped[bytes] = mapped_column(LargeBinary)
    public_key: Mapped[str]
    issued_at: Mapped[datetime]

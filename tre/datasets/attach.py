"""Attachment of a dataset version to a project: proposed by one person, approved by a steward who did not ask."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, select, true
from sqlalchemy.orm import Session

from tre.audit.events import AuditEvent
from tre.core.errors import Conflict
from tre.core.ids import new_id
from tre.core.people import Actor
from tre.datasets import permissions, policies
from tre.datasets.catalogue import get_dataset, get_version, stamp
from tre.datasets.contracts import Parts
from tre.datasets.models import Attachment, Dataset, DatasetVersion, Extract, ExtractFile
from tre.datasets.states import ATTACHMENT

_OPEN = ("proposed", "approved")


@dataclass(frozen=True)
class Use:
    """A dataset version that a project works on."""

    dataset_id: str
    name: str
    title: str
    version: str
    producer: str
    attachment: str


@dataclass(frozen=True)
class Input:
    """A file that researchers find in `inputs`."""

    dataset: str
    version: str
    key: str
    size: int
    sha256: str
    columns: tuple[str, ...]


def propose(session: Session, parts: Parts, slug: str, version_id: str, *, event: AuditEvent) -> Attachment:
    """Ask for a version in a project. Raises Conflict when the authorisation does not name the dataset."""
    person = permissions.check_proposer(event.actor)
    project = parts.projects.authorised(session, slug)
    permissions.check_outsider(event.actor, project)
    policies.check_project_takes_data(project)
    version = get_version(session, version_id, lock=True)
    policies.check_published(version)
    policies.check_authorised(project, get_dataset(session, version.dataset_id))
    same = select(Attachment).where(
        Attachment.slug == slug, Attachment.version_id == version_id, Attachment.state.in_(_OPEN)
    )
    if session.scalars(same).first() is not None:
        raise Conflict("attached", "This version is attached or proposed already.", "See the project's page.")
    row = Attachment(
        id=new_id("att"), slug=slug, version_id=version_id, state=ATTACHMENT.initial, proposed_by=person,
        proposed_at=parts.clock(),
    )  # fmt: skip
    session.add(row)
    session.flush()
    stamp(session, parts, event, "attachment.propose", project=slug, target=row.id, version=version_id)
    return row


def approve(session: Session, parts: Parts, attachment_id: str, *, event: AuditEvent) -> Attachment:
    """A steward outside the project, who did not propose it. Raises Forbidden ``same-person`` otherwise."""
    row = _deciding(session, parts, attachment_id, event)
    version = get_version(session, row.version_id)
    policies.check_published(version)
    project = parts.projects.authorised(session, row.slug)
    policies.check_authorised(project, get_dataset(session, version.dataset_id))
    _decide(parts, row, "approve", event)
    stamp(session, parts, event, "attachment.approve", project=row.slug, target=row.id, version=row.version_id)
    return row


def refuse(session: Session, parts: Parts, attachment_id: str, reason: str, *, event: AuditEvent) -> Attachment:
    """The steward says no, with a reason."""
    row = _deciding(session, parts, attachment_id, event)
    row.reason = policies.check_text("reason", reason, 4000)
    _decide(parts, row, "refuse", event)
    stamp(session, parts, event, "attachment.refuse", project=row.slug, target=row.id, version=row.version_id)
    return row


def _decide(parts: Parts, row: Attachment, verb: str, event: AuditEvent) -> None:
    row.state = ATTACHMENT.move(row.state, verb)
    row.decided_by, row.decided_at = event.actor.person_id, parts.clock()


def _deciding(session: Session, parts: Parts, attachment_id: str, event: AuditEvent) -> Attachment:
    permissions.check_steward(event.actor)
    row = session.get(Attachment, attachment_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise permissions.unknown("attachment")
    permissions.check_outsider(event.actor, parts.projects.authorised(session, row.slug))
    permissions.check_other(event.actor, row.proposed_by, "proposed")
    return row


def version_attached(session: Session, slug: str, version_id: str) -> bool:
    query = select(Attachment.id).where(
        Attachment.slug == slug, Attachment.version_id == version_id, Attachment.state == "approved"
    )
    return session.scalars(query).first() is not None


def attachments(session: Session, slug: str | None = None, state: str | None = None) -> list[Attachment]:
    """Newest first; of one project, in one state, or all."""
    query = select(Attachment).order_by(Attachment.id.desc())
    if slug is not None:
        query = query.where(Attachment.slug == slug)
    if state is not None:
        query = query.where(Attachment.state == state)
    return list(session.scalars(query))


def uses(session: Session, slug: str) -> tuple[Use, ...]:
    """What a project works on, by name: for release records, producers and the public register."""
    return tuple(use for _, use in _uses(session, Attachment.slug == slug))


def all_uses(session: Session) -> tuple[tuple[str, Use], ...]:
    """Every project's, with its slug."""
    return _uses(session, true())


def _uses(session: Session, condition: ColumnElement[bool]) -> tuple[tuple[str, Use], ...]:
    query = (
        select(Dataset, DatasetVersion.label, Attachment.id, Attachment.slug)
        .join(DatasetVersion, DatasetVersion.dataset_id == Dataset.id)
        .join(Attachment, Attachment.version_id == DatasetVersion.id)
        .where(condition, Attachment.state == "approved")
        .order_by(Attachment.slug, Dataset.name, DatasetVersion.label)
    )
    return tuple(
        (slug, Use(row.id, row.name, row.title, label, row.producer_id or "", attachment))
        for row, label, attachment, slug in session.execute(query)
    )


def inputs(session: Session, slug: str) -> list[Input]:
    """The locked files of a project, by place."""
    query = (
        select(ExtractFile, Dataset.name, DatasetVersion.label)
        .join(Extract, Extract.id == ExtractFile.extract_id)
        .join(DatasetVersion, DatasetVersion.id == Extract.version_id)
        .join(Dataset, Dataset.id == DatasetVersion.dataset_id)
        .where(Extract.slug == slug, Extract.state == "locked")
        .order_by(ExtractFile.input_key)
    )
    return [
        Input(name, label, file.input_key or "", file.size, file.sha256, tuple(file.columns or ()))
        for file, name, label in session.execute(query)
    ]


def waiting_for(session: Session, actor: Actor) -> list[Attachment]:
    """Attachments that this steward could decide on."""
    return [row for row in attachments(session, state="proposed") if row.proposed_by != actor.person_id]

"""Datasets, extracts and attachments as one person may read them: what pages and the API show. Reading only."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from tre.core.people import Actor, Role
from tre.datasets import attach, catalogue, ingress, permissions
from tre.datasets.contracts import Authorised, Parts
from tre.datasets.models import Attachment, Dataset, DatasetVersion, Extract


@dataclass(frozen=True)
class VersionView:
    id: str
    label: str
    state: str
    variables: list[dict[str, Any]]
    published_at: datetime | None


@dataclass(frozen=True)
class DatasetView:
    id: str
    name: str
    title: str
    owner: str
    description: str
    period: str
    conditions: str
    classification: str
    versions: list[VersionView]


@dataclass(frozen=True)
class ExtractFileView:
    """``received`` bytes are there without a gap: an upload that was interrupted goes on from there."""

    id: str
    name: str
    size: int
    sha256: str
    received: int
    columns: list[str] | None


@dataclass(frozen=True)
class ExtractView:
    id: str
    slug: str
    dataset: str
    version: str
    state: str
    loaded_by: str
    approved_by: str | None
    created_at: datetime
    problems: list[dict[str, Any]]
    files: list[ExtractFileView]
    allowed_actions: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class AttachmentView:
    id: str
    slug: str
    dataset: str
    version: str
    version_id: str
    state: str
    proposed_by: str
    proposed_at: datetime
    decided_by: str | None
    reason: str | None
    allowed_actions: list[str] = field(default_factory=list)


def version_view(row: DatasetVersion) -> VersionView:
    return VersionView(row.id, row.label, row.state, row.variables, row.published_at)


def dataset_view(session: Session, row: Dataset) -> DatasetView:
    return DatasetView(
        id=row.id,
        name=row.name,
        title=row.title,
        owner=row.owner,
        description=row.description,
        period=row.period,
        conditions=row.conditions,
        classification=row.classification,
        versions=[version_view(version) for version in catalogue.versions(session, row.id)],
    )


def extracts(session: Session, parts: Parts, slug: str, actor: Actor) -> list[ExtractView]:
    """A project's extracts for stewards, agents and auditors; raises NotFound for others."""
    project = parts.projects.authorised(session, slug)
    if not permissions.may_see_extracts(actor, project):
        raise permissions.unknown("project")
    return [_extract(session, row, actor) for row in ingress.visible_extracts(session, project)]


def extract(session: Session, parts: Parts, extract_id: str, actor: Actor) -> ExtractView:
    row = session.get(Extract, extract_id)
    if row is None or not permissions.may_see_extracts(actor, parts.projects.authorised(session, row.slug)):
        raise permissions.unknown("extract")
    return _extract(session, row, actor)


def _extract(session: Session, row: Extract, actor: Actor) -> ExtractView:
    version = catalogue.get_version(session, row.version_id)
    return ExtractView(
        id=row.id,
        slug=row.slug,
        dataset=catalogue.get_dataset(session, version.dataset_id).name,
        version=version.label,
        state=row.state,
        loaded_by=row.loaded_by,
        approved_by=row.approved_by,
        created_at=row.created_at,
        problems=row.problems,
        files=[
            ExtractFileView(f.id, f.name, f.size, f.sha256, _received(session, f.id, f.staged_key, f.size), f.columns)
            for f in ingress.files(session, row.id)
        ],
        allowed_actions=_extract_actions(row, actor),
    )


def _received(session: Session, file_id: str, staged: str | None, size: int) -> int:
    if staged is not None:
        return size
    position = 0
    for part in ingress.file_parts(session, file_id):
        if part.start != position:
            break
        position += part.size
    return position


def _extract_actions(row: Extract, actor: Actor) -> list[str]:
    if not actor.has(Role.STEWARD):
        return []
    own = actor.person_id == row.loaded_by
    if row.state == "loading":
        return ["upload", "complete", "abandon"] if own else []
    if row.state == "checked":
        return ["abandon"] if own else ["approve", "reject"]
    return []


def attachments(session: Session, parts: Parts, actor: Actor, slug: str | None = None) -> list[AttachmentView]:
    """Attachments that the actor may see: all for spanning roles, one's own project's for members."""
    rows = attach.attachments(session, slug)
    known: dict[str, Authorised] = {}
    for row in rows:
        known.setdefault(row.slug, parts.projects.authorised(session, row.slug))
    spanning = actor.has(Role.STEWARD, Role.AGENT, Role.AUDITOR, Role.SECURITY_OFFICER)
    return [
        attachment_view(session, row, actor) for row in rows if spanning or actor.person_id in known[row.slug].members
    ]


def attachment_view(session: Session, row: Attachment, actor: Actor) -> AttachmentView:
    version = catalogue.get_version(session, row.version_id)
    may = row.state == "proposed" and actor.has(Role.STEWARD) and actor.person_id != row.proposed_by
    return AttachmentView(
        id=row.id,
        slug=row.slug,
        dataset=catalogue.get_dataset(session, version.dataset_id).name,
        version=version.label,
        version_id=row.version_id,
        state=row.state,
        proposed_by=row.proposed_by,
        proposed_at=row.proposed_at,
        decided_by=row.decided_by,
        reason=row.reason,
        allowed_actions=["approve", "refuse"] if may else [],
    )

"""The catalogue: entries and versions, kept for ever."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Text, cast, or_, select
from sqlalchemy.orm import Session

from tre.audit.events import AuditEvent, Json
from tre.audit.service import record
from tre.core.errors import Conflict
from tre.core.ids import check_slug, new_id
from tre.datasets import permissions, policies
from tre.datasets.contracts import Parts
from tre.datasets.models import Dataset, DatasetVersion
from tre.datasets.states import VERSION


@dataclass(frozen=True)
class Entry:
    """What a steward writes of a dataset."""

    name: str
    title: str
    owner: str
    description: str
    period: str
    conditions: str
    producer_id: str | None = None
    classification: str = "high"


def stamp(session: Session, parts: Parts, event: AuditEvent, action: str, **detail: Json) -> None:
    """Record the caller's event under the verb's own action; ``target`` and ``project`` may be given in ``detail``."""
    project, target = detail.pop("project", event.project), detail.pop("target", event.target)
    full = AuditEvent(
        action=action,
        actor=event.actor,
        project=None if project is None else str(project),
        target=None if target is None else str(target),
        outcome=event.outcome,
        detail={**event.detail, **detail},
    )
    record(session, full, parts.clock)


def add_dataset(session: Session, parts: Parts, entry: Entry, *, event: AuditEvent) -> Dataset:
    """A new entry; raises Conflict ``dataset-exists``, Invalid for an unusable name or missing text."""
    person = permissions.check_steward(event.actor)
    check_slug(entry.name, "dataset")
    if session.scalars(select(Dataset).where(Dataset.name == entry.name)).first() is not None:
        raise Conflict("dataset-exists", "A dataset of this name is in the catalogue.", "Add a version to it instead.")
    dataset = Dataset(
        id=new_id("dat"),
        name=entry.name,
        title=policies.check_text("title", entry.title, 200),
        owner=policies.check_text("owner", entry.owner, 200),
        producer_id=entry.producer_id,
        description=policies.check_text("description", entry.description, 8000),
        period=policies.check_text("period", entry.period, 200),
        conditions=policies.check_text("conditions", entry.conditions, 4000),
        classification=entry.classification if entry.classification in {"high", "low"} else "high",
        created_by=person,
        created_at=parts.clock(),
    )
    session.add(dataset)
    session.flush()
    stamp(session, parts, event, "dataset.add", target=dataset.id, name=dataset.name)
    return dataset


def add_version(
    session: Session, parts: Parts, dataset_id: str, version: tuple[str, list[dict[str, Any]]], *, event: AuditEvent
) -> DatasetVersion:
    """A draft version: ``version`` is its label and its variables."""
    person = permissions.check_steward(event.actor)
    dataset = get_dataset(session, dataset_id)
    label, variables = policies.check_text("version", version[0], 40), policies.check_variables(version[1])
    check_slug(f"v-{label.lower().replace('.', '-').replace('_', '-')}", "version")
    same = select(DatasetVersion).where(DatasetVersion.dataset_id == dataset.id, DatasetVersion.label == label)
    if session.scalars(same).first() is not None:
        raise Conflict("version-exists", "This version exists; a published version never changes.", "Use a new label.")
    row = DatasetVersion(
        id=new_id("dsv"),
        dataset_id=dataset.id,
        label=label,
        variables=variables,
        state=VERSION.initial,
        created_by=person,
        created_at=parts.clock(),
    )
    session.add(row)
    session.flush()
    stamp(session, parts, event, "dataset.version", target=row.id, dataset=dataset.id, label=label)
    return row


def publish(session: Session, parts: Parts, version_id: str, *, event: AuditEvent) -> DatasetVersion:
    """Make a version attachable."""
    person = permissions.check_steward(event.actor)
    row = get_version(session, version_id, lock=True)
    row.state = VERSION.move(row.state, "publish")
    row.published_by, row.published_at = person, parts.clock()
    stamp(session, parts, event, "dataset.publish", target=row.id)
    return row


def withdraw(session: Session, parts: Parts, version_id: str, *, event: AuditEvent) -> DatasetVersion:
    """Stop new attachments of a version; projects that have it keep it."""
    permissions.check_steward(event.actor)
    row = get_version(session, version_id, lock=True)
    row.state = VERSION.move(row.state, "withdraw")
    stamp(session, parts, event, "dataset.withdraw", target=row.id)
    return row


def get_dataset(session: Session, dataset_id: str) -> Dataset:
    """By id or name; raises NotFound."""
    query = select(Dataset).where(or_(Dataset.id == dataset_id, Dataset.name == dataset_id))
    row = session.scalars(query).first()
    if row is None:
        raise permissions.unknown("dataset")
    return row


def get_version(session: Session, version_id: str, *, lock: bool = False) -> DatasetVersion:
    row = session.get(DatasetVersion, version_id, with_for_update=lock)
    if row is None:
        raise permissions.unknown("version")
    return row


def versions(session: Session, dataset_id: str) -> list[DatasetVersion]:
    """All versions of a dataset, newest first."""
    query = select(DatasetVersion).where(DatasetVersion.dataset_id == dataset_id)
    return list(session.scalars(query.order_by(DatasetVersion.id.desc())))


def search(session: Session, words: str = "", after: str = "", limit: int = 50) -> list[Dataset]:
    """Entries whose name, title, description or a variable's name holds ``words``, by name, after the cursor."""
    query = select(Dataset).order_by(Dataset.name).limit(limit)
    if after:
        query = query.where(Dataset.name > after)
    if words:
        escaped = words.replace("\\", "").replace("%", "").replace("_", "\\_")
        like = f"%{escaped}%"
        by_variable = select(DatasetVersion.dataset_id).where(cast(DatasetVersion.variables, Text).ilike(like))
        query = query.where(
            or_(
                Dataset.name.ilike(like), Dataset.title.ilike(like), Dataset.description.ilike(like),
                Dataset.id.in_(by_variable),
            )
        )  # fmt: skip
    return list(session.scalars(query))

"""Datasets: catalogue, extracts by resumable upload, attachments (`/api/v1/…`). Rules are in `tre.datasets`."""

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Query, Request
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from tre.api.deps import CurrentActor, Svc, Tx
from tre.audit.events import AuditEvent
from tre.core.errors import TooLarge
from tre.core.people import Actor
from tre.datasets import service, views
from tre.datasets.contracts import Parts
from tre.datasets.neighbours import parts_of
from tre.datasets.policies import MAX_PART

router = APIRouter(tags=["datasets"])


@dataclass(frozen=True)
class Desk:
    """What every call here works with."""

    session: Session
    parts: Parts
    actor: Actor

    def event(self, action: str) -> AuditEvent:
        return AuditEvent(action, self.actor)


def get_desk(session: Tx, services: Svc, actor: CurrentActor) -> Desk:
    """The caller's desk."""
    return Desk(session, parts_of(services), actor)


AtDesk = Annotated[Desk, Depends(get_desk)]


class DatasetIn(BaseModel):
    name: str = Field(max_length=40)
    title: str = Field(max_length=200)
    owner: str = Field(max_length=200)
    description: str = Field(max_length=8000)
    period: str = Field(max_length=200)
    conditions: str = Field(max_length=4000)
    producer_id: str | None = Field(default=None, max_length=40)
    classification: str = Field(default="high", max_length=40)


class VersionIn(BaseModel):
    label: str = Field(max_length=40)
    variables: list[dict[str, Any]] = Field(max_length=10_000)


class ManifestLine(BaseModel):
    name: str = Field(max_length=4096)
    size: int
    sha256: str = Field(max_length=64)


class ExtractIn(BaseModel):
    project: str = Field(max_length=40)
    version_id: str = Field(max_length=40)
    manifest: list[ManifestLine] = Field(min_length=1, max_length=1000)


class AttachmentIn(BaseModel):
    project: str = Field(max_length=40)
    version_id: str = Field(max_length=40)


class Reason(BaseModel):
    reason: str = Field(max_length=4000)


class PartOut(BaseModel):
    start: int
    size: int
    sha256: str


class Page(BaseModel):
    items: list[views.DatasetView]
    next: str | None


@router.get("/datasets", name="dataset.list")
def list_datasets(
    desk: AtDesk,
    words: Annotated[str, Query(max_length=100)] = "",
    cursor: Annotated[str, Query(max_length=80)] = "",
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Page:
    """The catalogue, by name; ``words`` also finds variables."""
    found = service.search(desk.session, words, cursor, limit)
    items = [views.dataset_view(desk.session, row) for row in found]
    return Page(items=items, next=found[-1].name if len(found) == limit else None)


@router.post("/datasets", name="dataset.add", status_code=201)
def add_dataset(body: DatasetIn, desk: AtDesk) -> views.DatasetView:
    entry = service.Entry(**body.model_dump())
    row = service.add_dataset(desk.session, desk.parts, entry, event=desk.event("dataset.add"))
    return views.dataset_view(desk.session, row)


@router.get("/datasets/{dataset_id}", name="dataset.show")
def show_dataset(dataset_id: str, desk: AtDesk) -> views.DatasetView:
    """By id or by name."""
    return views.dataset_view(desk.session, service.get_dataset(desk.session, dataset_id))


@router.post("/datasets/{dataset_id}/versions", name="dataset.version", status_code=201)
def add_version(dataset_id: str, body: VersionIn, desk: AtDesk) -> views.VersionView:
    version = (body.label, body.variables)
    row = service.add_version(desk.session, desk.parts, dataset_id, version, event=desk.event("dataset.version"))
    return views.version_view(row)


@router.post("/versions/{version_id}/publish", name="dataset.publish")
def publish(version_id: str, desk: AtDesk) -> views.VersionView:
    row = service.publish(desk.session, desk.parts, version_id, event=desk.event("dataset.publish"))
    return views.version_view(row)


@router.post("/versions/{version_id}/withdraw", name="dataset.withdraw")
def withdraw(version_id: str, desk: AtDesk) -> views.VersionView:
    row = service.withdraw(desk.session, desk.parts, version_id, event=desk.event("dataset.withdraw"))
    return views.version_view(row)


@router.get("/extracts", name="extract.list")
def list_extracts(desk: AtDesk, project: Annotated[str, Query(max_length=40)]) -> list[views.ExtractView]:
    return views.extracts(desk.session, desk.parts, project, desk.actor)


@router.post("/extracts", name="extract.begin", status_code=201)
def begin(body: ExtractIn, desk: AtDesk) -> views.ExtractView:
    """Announce the files of an extract: names, sizes, SHA-256."""
    lines = [service.Declared(line.name, line.size, line.sha256) for line in body.manifest]
    target = (body.project, body.version_id)
    row = service.begin(desk.session, desk.parts, target, lines, event=desk.event("extract.begin"))
    return views.extract(desk.session, desk.parts, row.id, desk.actor)


@router.get("/extracts/{extract_id}", name="extract.show")
def show_extract(extract_id: str, desk: AtDesk) -> views.ExtractView:
    """State, problems, and from which byte each upload goes on."""
    return views.extract(desk.session, desk.parts, extract_id, desk.actor)


def upload_place(extract_id: str, file_id: str, start: int) -> tuple[str, str, int]:
    """Extract, file and first byte, from the address."""
    return extract_id, file_id, start


async def part_body(request: Request) -> bytes:
    """The part's bytes, never more than one part in memory; raises TooLarge."""
    received = bytearray()
    async for chunk in request.stream():
        received += chunk
        if len(received) > MAX_PART:
            raise TooLarge("part-too-large", f"A part has at most {MAX_PART} bytes.", "Send smaller parts.")
    return bytes(received)


@router.put("/extracts/{extract_id}/files/{file_id}/parts/{start}", name="extract.part")
def put_part(
    place: Annotated[tuple[str, str, int], Depends(upload_place)],
    desk: AtDesk,
    data: Annotated[bytes, Depends(part_body)],
    sha256: Annotated[str, Header(alias="X-Part-SHA256", max_length=64)],
) -> PartOut:
    """One part from byte ``start``; sent twice, it is kept once. Parts may come in any order."""
    chunk = service.Chunk(place[2], data, sha256)
    part = service.put_part(desk.session, desk.parts, place[:2], chunk, event=desk.event("extract.part"))
    return PartOut(start=part.start, size=part.size, sha256=part.sha256)


@router.post("/extracts/{extract_id}/complete", name="extract.complete")
def complete(extract_id: str, desk: AtDesk) -> views.ExtractView:
    service.complete(desk.session, desk.parts, extract_id, event=desk.event("extract.complete"))
    return views.extract(desk.session, desk.parts, extract_id, desk.actor)


@router.post("/extracts/{extract_id}/abandon", name="extract.abandon", status_code=204)
def abandon(extract_id: str, desk: AtDesk) -> None:
    service.abandon(desk.session, desk.parts, extract_id, event=desk.event("extract.abandon"))


@router.post("/extracts/{extract_id}/approve", name="extract.approve")
def approve_extract(extract_id: str, desk: AtDesk) -> views.ExtractView:
    service.approve_extract(desk.session, desk.parts, extract_id, event=desk.event("extract.approve"))
    return views.extract(desk.session, desk.parts, extract_id, desk.actor)


@router.post("/extracts/{extract_id}/reject", name="extract.reject", status_code=204)
def reject_extract(extract_id: str, desk: AtDesk) -> None:
    service.reject_extract(desk.session, desk.parts, extract_id, event=desk.event("extract.reject"))


@router.get("/attachments", name="attachment.list")
def list_attachments(
    desk: AtDesk, project: Annotated[str | None, Query(max_length=40)] = None
) -> list[views.AttachmentView]:
    return views.attachments(desk.session, desk.parts, desk.actor, project)


@router.post("/attachments", name="attachment.propose", status_code=201)
def propose(body: AttachmentIn, desk: AtDesk) -> views.AttachmentView:
    event = desk.event("attachment.propose")
    row = service.propose_attachment(desk.session, desk.parts, body.project, body.version_id, event=event)
    return views.attachment_view(desk.session, row, desk.actor)


@router.post("/attachments/{attachment_id}/approve", name="attachment.approve")
def approve(attachment_id: str, desk: AtDesk) -> views.AttachmentView:
    row = service.approve_attachment(desk.session, desk.parts, attachment_id, event=desk.event("attachment.approve"))
    return views.attachment_view(desk.session, row, desk.actor)


@router.post("/attachments/{attachment_id}/refuse", name="attachment.refuse")
def refuse(attachment_id: str, body: Reason, desk: AtDesk) -> views.AttachmentView:
    event = desk.event("attachment.refuse")
    row = service.refuse_attachment(desk.session, desk.parts, attachment_id, body.reason, event=event)
    return views.attachment_view(desk.session, row, desk.actor)

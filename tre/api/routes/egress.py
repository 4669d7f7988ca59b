"""Exports and releases (`/api/v1/exports`, `/api/v1/releases`). Rules are in `tre.egress`."""

from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, Header, Query, Response
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from tre.api.deps import CurrentActor, Svc, Tx
from tre.audit.events import AuditEvent
from tre.core.people import Actor
from tre.egress import service, store
from tre.egress.contracts import Parts
from tre.egress.neighbours import parts_of
from tre.egress.permissions import unknown
from tre.egress.policies import check_revision
from tre.egress.previews import Block, Image, Table, Text
from tre.egress.views import RequestSummary, RequestView
from tre.egress.votes import Decision

router = APIRouter(tags=["exports"])


@dataclass(frozen=True)
class Desk:
    """What every call here works with: its transaction, the parts, the caller, the answer's headers."""

    session: Session
    parts: Parts
    actor: Actor
    response: Response

    def event(self, action: str) -> AuditEvent:
        return AuditEvent(action, self.actor)

    def shown(self, request_id: str) -> RequestView:
        """The request as the caller reads it now, its ETag set."""
        view = service.show(self.session, self.parts, request_id, self.actor)
        self.response.headers["ETag"] = f'"{view.summary.revision}"'
        return view

    def matched(self, request_id: str, if_match: str | None) -> None:
        """The caller decided on what it had read: a request that has changed since is refused."""
        if if_match:
            text = if_match.strip().removeprefix("W/").strip('"')
            expected = int(text) if text.isdecimal() else -1
            check_revision(store.get_request(self.session, request_id, lock=True), expected)


def get_desk(session: Tx, services: Svc, actor: CurrentActor, response: Response) -> Desk:
    """The caller's desk."""
    return Desk(session, parts_of(services), actor, response)


AtDesk = Annotated[Desk, Depends(get_desk)]
IfMatch = Annotated[str | None, Header(alias="If-Match", max_length=40)]


class FileIn(BaseModel):
    """A file of the work folder and its context form."""

    name: str = Field(max_length=4096)
    context: dict[str, Any] = Field(default_factory=dict)


class RequestIn(BaseModel):
    """A new request; files may be chosen at once or later."""

    project: str = Field(max_length=40)
    title: str = Field(max_length=400)
    purpose: str = Field(max_length=4000)
    destination: str = Field(max_length=1000)
    image_digest: str | None = Field(default=None, max_length=200)
    files: list[FileIn] = Field(default_factory=list, max_length=200)


class Reason(BaseModel):
    reason: str = Field(max_length=4000)


class Signature(BaseModel):
    manifest_sha256: str = Field(max_length=64)


class ClaimIn(BaseModel):
    no_conflict: bool


class VacancyIn(Reason):
    person_id: str = Field(max_length=40)


class VoteIn(BaseModel):
    """``binding`` is that of the file as it was shown: a vote is about what was seen."""

    file_id: str = Field(max_length=40)
    binding: str = Field(min_length=64, max_length=64)
    decision: Decision
    answers: dict[str, str] = Field(default_factory=dict)


class DispositionIn(BaseModel):
    file_id: str = Field(max_length=40)
    fingerprint: str = Field(max_length=80)
    kind: str = Field(max_length=20)
    reason: str = Field(max_length=4000)


class CommentIn(BaseModel):
    body: str = Field(max_length=4000)
    private: bool = False
    file_id: str | None = Field(default=None, max_length=40)


class GrantIn(BaseModel):
    person_id: str = Field(max_length=40)


class Page(BaseModel):
    """A page; ``next`` is the cursor of the one after it, absent on the last."""

    items: list[RequestSummary]
    next: str | None


@router.get("/exports", name="egress.list")
def list_requests(
    desk: AtDesk,
    project: Annotated[str | None, Query(max_length=40)] = None,
    state: Annotated[list[str], Query(max_length=20)] = [],  # noqa: B006  # FastAPI copies it
    cursor: Annotated[str, Query(max_length=40)] = "",
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Page:  # query parameters
    """Requests that the caller may see, newest first."""
    items = service.listed(desk.session, desk.parts, desk.actor, service.Wanted(project, tuple(state), cursor, limit))
    return Page(items=items, next=items[-1].id if len(items) == limit else None)


@router.get("/exports/waiting", name="egress.waiting")
def waiting(desk: AtDesk) -> list[service.Waiting]:
    """What waits for the caller, oldest first."""
    return service.waiting(desk.session, desk.parts, desk.actor)


@router.get("/exports/candidates", name="egress.candidates")
def candidates(desk: AtDesk, project: str, prefix: str = "") -> list[service.Candidate]:
    """Files of the project's work folder."""
    return service.candidates(desk.session, desk.parts, project, desk.actor, prefix)


@router.post("/exports", name="egress.create", status_code=201)
def create(
    body: RequestIn,
    desk: AtDesk,
    key: Annotated[str | None, Header(alias="Idempotency-Key", max_length=80)] = None,
) -> RequestView:  # body, parts and headers
    """A new draft with its files; the same idempotency key gives the same request."""
    event = desk.event("egress.create")
    draft = service.Draft(body.project, body.title, body.purpose, body.destination, key, body.image_digest)
    request = service.create(desk.session, desk.parts, draft, event=event)
    chosen = {file.name for file in store.files(desk.session, request.id)}
    for file in body.files:
        if not key or file.name not in chosen:
            service.add_file(desk.session, desk.parts, request.id, service.Chosen(file.name, file.context), event=event)
    return desk.shown(request.id)


@router.get("/exports/{request_id}", name="egress.show")
def show(request_id: str, desk: AtDesk) -> RequestView:
    """One request, as the caller may read it; its ETag is for `If-Match`."""
    return desk.shown(request_id)


@router.post("/exports/{request_id}/files", name="egress.add", status_code=201)
def add_file(request_id: str, body: FileIn, desk: AtDesk) -> dict[str, str]:
    chosen = service.Chosen(body.name, body.context)
    file = service.add_file(desk.session, desk.parts, request_id, chosen, event=desk.event("egress.add"))
    return {"id": file.id}


@router.put("/exports/{request_id}/files/{file_id}", name="egress.describe")
def describe(
    request_id: str, file_id: str, body: dict[str, Any], desk: AtDesk
) -> dict[str, Any]:  # path, body and parts
    event = desk.event("egress.describe")
    return service.describe_file(desk.session, desk.parts, (request_id, file_id), body, event=event).context


@router.delete("/exports/{request_id}/files/{file_id}", name="egress.drop", status_code=204)
def drop(request_id: str, file_id: str, desk: AtDesk) -> None:
    service.drop_file(desk.session, desk.parts, (request_id, file_id), event=desk.event("egress.drop"))


@router.post("/exports/{request_id}/submit", name="egress.submit")
def submit(request_id: str, desk: AtDesk) -> RequestView:
    """Copy and pin the files; the lead's own submission is signed by it."""
    service.submit(desk.session, desk.parts, request_id, event=desk.event("egress.submit"))
    return desk.shown(request_id)


@router.post("/exports/{request_id}/sign", name="egress.sign")
def sign(request_id: str, body: Signature, desk: AtDesk) -> RequestView:  # path, body and parts
    service.sign(desk.session, desk.parts, request_id, body.manifest_sha256, event=desk.event("egress.sign"))
    return desk.shown(request_id)


@router.post("/exports/{request_id}/decline", name="egress.decline", status_code=204)
def decline(request_id: str, body: Reason, desk: AtDesk) -> None:
    service.decline(desk.session, desk.parts, request_id, body.reason, event=desk.event("egress.decline"))


@router.post("/exports/{request_id}/withdraw", name="egress.withdraw", status_code=204)
def withdraw(request_id: str, body: Reason, desk: AtDesk) -> None:
    service.withdraw(desk.session, desk.parts, request_id, body.reason, event=desk.event("egress.withdraw"))


@router.post("/exports/{request_id}/claim", name="egress.claim")
def claim(request_id: str, body: ClaimIn, desk: AtDesk) -> RequestView:  # path, body and parts
    service.claim(desk.session, desk.parts, request_id, body.no_conflict, event=desk.event("egress.claim"))
    return desk.shown(request_id)


@router.post("/exports/{request_id}/leave", name="egress.leave", status_code=204)
def leave(request_id: str, body: Reason, desk: AtDesk) -> None:
    service.leave(desk.session, desk.parts, request_id, body.reason, event=desk.event("egress.leave"))


@router.post("/exports/{request_id}/conflict", name="egress.conflict", status_code=204)
def conflict(request_id: str, desk: AtDesk) -> None:
    service.declare_conflict(desk.session, desk.parts, request_id, event=desk.event("egress.conflict"))


@router.post("/exports/{request_id}/reassign", name="egress.reassign", status_code=204)
def reassign(request_id: str, body: VacancyIn, desk: AtDesk) -> None:
    vacancy = service.Vacancy(body.person_id, body.reason)
    service.reassign(desk.session, desk.parts, request_id, vacancy, event=desk.event("egress.leave"))


@router.post("/exports/{request_id}/dispositions", name="egress.dispose")
def dispose(
    request_id: str,
    body: DispositionIn,
    desk: AtDesk,
    if_match: IfMatch = None,
) -> RequestView:  # path, body, parts and headers
    """Dismiss a blocking finding as false, or grant an exception, with a reason."""
    desk.matched(request_id, if_match)
    answer = service.Answer(body.file_id, body.fingerprint, body.kind, body.reason)
    service.dispose(desk.session, desk.parts, request_id, answer, event=desk.event("egress.dispose"))
    return desk.shown(request_id)


@router.post("/exports/{request_id}/votes", name="egress.vote")
def vote(
    request_id: str,
    body: VoteIn,
    desk: AtDesk,
    if_match: IfMatch = None,
) -> RequestView:  # path, body, parts and headers
    """One vote on one file, with the three WP29 answers when it approves."""
    desk.matched(request_id, if_match)
    opinion = service.Opinion(body.file_id, body.decision, body.answers, body.binding)
    service.vote(desk.session, desk.parts, request_id, opinion, event=desk.event("egress.vote"))
    return desk.shown(request_id)


@router.post("/exports/{request_id}/return", name="egress.return", status_code=204)
def return_(
    request_id: str, body: Reason, desk: AtDesk, if_match: IfMatch = None
) -> None:  # path, body, parts and headers
    desk.matched(request_id, if_match)
    service.return_(desk.session, desk.parts, request_id, body.reason, event=desk.event("egress.return"))


@router.post("/exports/{request_id}/recheck", name="egress.recheck", status_code=204)
def recheck(request_id: str, desk: AtDesk) -> None:
    service.recheck(desk.session, desk.parts, request_id, event=desk.event("egress.recheck"))


@router.post("/exports/{request_id}/comments", name="egress.comment", status_code=201)
def comment(request_id: str, body: CommentIn, desk: AtDesk) -> dict[str, str]:
    said = service.Said(body.body, body.private, body.file_id)
    return {"id": service.comment(desk.session, desk.parts, request_id, said, event=desk.event("egress.comment")).id}


@router.get("/releases/{release_id}/record", name="egress.record")
def record(release_id: str, desk: AtDesk) -> Response:
    """The release record as signed (schema release-1)."""
    text = service.release_record(desk.session, desk.parts, release_id, desk.actor)
    return Response(text, media_type="application/json")


@router.get("/releases/{release_id}/files/{file_id}", name="egress.download")
def download(release_id: str, file_id: str, desk: AtDesk) -> Response:
    """The released bytes, for the grantee; logged with their hash."""
    out = service.download(desk.session, desk.parts, (release_id, file_id), event=desk.event("egress.download"))
    return attachment(out)


def attachment(out: service.Download) -> Response:
    """Bytes that a browser saves and never interprets: the file was a researcher's, the origin is ours."""
    name = quote(out.name.rsplit("/", 1)[-1], safe="")
    return Response(
        out.data,
        media_type="application/octet-stream",
        headers={
            "Content-Disposition": f"attachment; filename*=UTF-8''{name}",
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "sandbox; default-src 'none'",
            "Cache-Control": "no-store",
            "Digest": f"sha-256={out.sha256}",
        },
    )


@router.post("/releases/{release_id}/revoke", name="egress.revoke", status_code=204)
def revoke(release_id: str, body: Reason, desk: AtDesk) -> None:
    service.revoke(desk.session, desk.parts, release_id, body.reason, event=desk.event("egress.revoke"))


@router.post("/releases/{release_id}/grants", name="egress.grant", status_code=204)
def grant(release_id: str, body: GrantIn, desk: AtDesk) -> None:
    service.grant(desk.session, desk.parts, release_id, body.person_id, event=desk.event("egress.grant"))


class BlockOut(BaseModel):
    """One block of a preview: a table of text, a text, or a picture by its number."""

    table: list[list[str]] | None = None
    title: str = ""
    text: str | None = None
    role: str = ""
    image: int | None = None
    width: int = 0
    height: int = 0


class PreviewOut(BaseModel):
    kind: str
    truncated: bool
    note: str
    blocks: list[BlockOut]


@router.get("/exports/{request_id}/files/{file_id}/preview", name="egress.preview")
def preview(request_id: str, file_id: str, desk: AtDesk) -> PreviewOut:
    """What the file holds, as plain data; pictures are fetched by their number."""
    place = (request_id, file_id)
    shown = service.preview(desk.session, desk.parts, place, event=desk.event("egress.preview"))
    blocks = [_block(number, block) for number, block in enumerate(shown.blocks)]
    return PreviewOut(kind=shown.kind, truncated=shown.truncated, note=shown.note, blocks=blocks)


def _block(number: int, block: Block) -> BlockOut:
    if isinstance(block, Table):
        return BlockOut(table=[list(row) for row in block.rows], title=block.title)
    if isinstance(block, Text):
        return BlockOut(text=block.text, role=block.role)
    return BlockOut(image=number, width=block.width, height=block.height)


@router.get("/exports/{request_id}/files/{file_id}/preview/{number}.png", name="egress.preview.image")
def preview_image(request_id: str, file_id: str, number: int, desk: AtDesk) -> Response:
    """A picture of the preview: a PNG that we encoded."""
    place = (request_id, file_id)
    shown = service.preview(desk.session, desk.parts, place, event=desk.event("egress.preview"))
    if not 0 <= number < len(shown.blocks):
        raise unknown("picture")
    block = shown.blocks[number]
    if not isinstance(block, Image):
        raise unknown("picture")
    headers = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}
    return Response(block.png, media_type="image/png", headers=headers)


@router.get("/exports/{request_id}/files/{file_id}/difference", name="egress.difference")
def difference(request_id: str, file_id: str, desk: AtDesk) -> service.Difference | None:
    """What changed since the version before; null for a first version."""
    place = (request_id, file_id)
    return service.difference(desk.session, desk.parts, place, event=desk.event("egress.difference"))

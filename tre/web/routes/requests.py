"""Export requests, the researcher's side: choose files, describe them, submit, follow, download."""

import secrets
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, Request, Response
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.datastructures import FormData

from tre.api.deps import CurrentActor, Svc, Tx
from tre.core.errors import Invalid
from tre.core.people import Actor, Role
from tre.egress import service as egress
from tre.egress.candidates import candidates
from tre.egress.contracts import Parts
from tre.egress.lists import Wanted, listed
from tre.egress.neighbours import parts_of
from tre.egress.states import REQUEST
from tre.projects import service as projects
from tre.projects.models import Project
from tre.web.forms import Fields, act, text, texts
from tre.web.render import back, page
from tre.web.views import request as view

router = APIRouter()
PAGE = 50


def get_parts(services: Svc) -> Parts:
    """The adapters of the export domain."""
    return parts_of(services)


EgressParts = Annotated[Parts, Depends(get_parts)]


@dataclass(frozen=True)
class Desk:
    """What every verb of an export needs: the transaction, the adapters, the person."""

    session: Session
    parts: Parts
    actor: Actor


def get_desk(session: Tx, parts: EgressParts, actor: CurrentActor) -> Desk:
    """The desk of this call."""
    return Desk(session, parts, actor)


AtDesk = Annotated[Desk, Depends(get_desk)]


def get_place(request_id: str, file_id: str) -> tuple[str, str]:
    """The request and the file of the address."""
    return request_id, file_id


FilePlace = Annotated[tuple[str, str], Depends(get_place)]


@dataclass(frozen=True)
class Filters:
    """The filters of the list."""

    project: str = ""
    state: str = ""
    after: str = ""


@router.get("/requests", name="web.requests")
def request_list(request: Request, desk: AtDesk, filters: Annotated[Filters, Depends()]) -> Response:
    """The requests that this person may see, newest first."""
    states = (filters.state,) if filters.state in REQUEST.states else ()
    rows = listed(desk.session, desk.parts, desk.actor, Wanted(filters.project or None, states, filters.after, PAGE))
    titles = select(Project.slug, Project.title).where(Project.slug.in_({row.slug for row in rows}))
    values = {
        "rows": rows,
        "titles": {slug: title for slug, title in desk.session.execute(titles)},
        "mine": _mine(desk),
    }
    chosen = {"project": filters.project, "state": filters.state, "states": REQUEST.states}
    return page(request, "requests/list.html", more=rows[-1].id if len(rows) == PAGE else "", **values, **chosen)


def _mine(desk: Desk) -> list[Project]:
    """The projects in which a researcher works today."""
    if not desk.actor.has(Role.RESEARCHER):
        return []
    today, person = desk.parts.clock().date(), desk.actor.person_id or ""
    visible = projects.visible_projects(desk.session, desk.actor)
    return [known for known in visible if projects.membership(desk.session, known.slug, person, today)]


@router.get("/requests/new", name="web.request.new")
def request_form(request: Request, session: Tx, parts: EgressParts, actor: CurrentActor, project: str) -> Response:
    """Choose files of the project's work folder."""
    shown = projects.visible_project(session, project, actor)
    found = candidates(session, parts, project, actor)
    values = {"files": found[:500], "more": max(0, len(found) - 500)}
    return page(request, "requests/new.html", project=shown, key=secrets.token_urlsafe(16), **values)


@router.post("/requests/new", name="web.request.create")
def create(session: Tx, parts: EgressParts, actor: CurrentActor, fields: Fields, project: str) -> Response:
    """Create the draft with the chosen files; their forms come next."""
    draft = egress.Draft(
        slug=project,
        title=text(fields, "title"),
        purpose=text(fields, "purpose"),
        destination=text(fields, "destination"),
        idempotency_key=text(fields, "key") or None,
    )
    made = egress.create(session, parts, draft, event=act("egress.create", actor, project))
    known = {file.name for file in view.request_page(session, parts, actor, made.id).view.files}
    for name in texts(fields, "file"):
        if name not in known:
            event = act("egress.add", actor, project)
            egress.add_file(session, parts, made.id, egress.Chosen(name), event=event)
    return back(f"/requests/{made.id}", "request.create")


@router.get("/requests/{request_id}", name="web.request")
def request_page(
    request: Request, request_id: str, session: Tx, parts: EgressParts, actor: CurrentActor
) -> Response:  # fmt: skip
    """One request, as this person may see it."""
    shown = view.request_page(session, parts, actor, request_id)
    return page(request, "requests/page.html", shown=shown, refresh=3 if shown.moving else None)


def _form(fields: FormData) -> dict[str, str]:
    return {name: text(fields, name) for name in ("what", "population", "n", "variables", "controls", "relation")}


@router.post("/requests/{request_id}/files/{file_id}/context", name="web.request.describe")
def describe(place: FilePlace, desk: AtDesk, fields: Fields) -> Response:
    """Save the context form of a file."""
    event = act("egress.describe", desk.actor)
    egress.describe_file(desk.session, desk.parts, place, _form(fields), event=event)
    return back(f"/requests/{place[0]}", "request.describe")


@router.post("/requests/{request_id}/files/{file_id}/drop", name="web.request.drop")
def drop(place: FilePlace, desk: AtDesk) -> Response:
    """Take a file out."""
    egress.drop_file(desk.session, desk.parts, place, event=act("egress.drop", desk.actor))
    return back(f"/requests/{place[0]}", "request.drop")


@router.post("/requests/{request_id}/files", name="web.request.add")
def add(request_id: str, session: Tx, parts: EgressParts, actor: CurrentActor, fields: Fields) -> Response:
    """Add a file by its name in the work folder."""
    egress.add_file(session, parts, request_id, egress.Chosen(text(fields, "file")), event=act("egress.add", actor))
    return back(f"/requests/{request_id}", "request.add")


@router.post("/requests/{request_id}/submit", name="web.request.submit")
def submit(request_id: str, session: Tx, parts: EgressParts, actor: CurrentActor) -> Response:
    """Copy and pin the files; a lead signs by submitting."""
    egress.submit(session, parts, request_id, event=act("egress.submit", actor))
    return back(f"/requests/{request_id}", "request.submit")


@router.post("/requests/{request_id}/sign", name="web.request.sign")
def sign(request_id: str, session: Tx, parts: EgressParts, actor: CurrentActor, fields: Fields) -> Response:
    """The lead signs what the page showed."""
    egress.sign(session, parts, request_id, text(fields, "manifest"), event=act("egress.sign", actor))
    return back(f"/requests/{request_id}", "request.sign")


@router.post("/requests/{request_id}/decline", name="web.request.decline")
def decline(request_id: str, session: Tx, parts: EgressParts, actor: CurrentActor, fields: Fields) -> Response:
    """The lead sends the submission back."""
    egress.decline(session, parts, request_id, text(fields, "reason"), event=act("egress.decline", actor))
    return back(f"/requests/{request_id}", "request.decline")


@router.post("/requests/{request_id}/withdraw", name="web.request.withdraw")
def withdraw(request_id: str, session: Tx, parts: EgressParts, actor: CurrentActor, fields: Fields) -> Response:
    """End the request."""
    egress.withdraw(session, parts, request_id, text(fields, "reason"), event=act("egress.withdraw", actor))
    return back(f"/requests/{request_id}", "request.withdraw")


@router.post("/requests/{request_id}/comments", name="web.request.comment")
def comment(request_id: str, session: Tx, parts: EgressParts, actor: CurrentActor, fields: Fields) -> Response:
    """Say something to the reviewers, or among them."""
    said = egress.Said(text(fields, "body"), text(fields, "private") == "yes", text(fields, "file") or None)
    egress.comment(session, parts, request_id, said, event=act("egress.comment", actor))
    return back(f"/requests/{request_id}", "request.comment")


@router.get("/releases/{release_id}/files/{file_id}", name="web.release.download")
def download(release_id: str, file_id: str, session: Tx, parts: EgressParts, actor: CurrentActor) -> Response:
    """The released bytes, for the grantee; always saved, never shown by the browser."""
    taken = egress.download(session, parts, (release_id, file_id), event=act("egress.download", actor))
    name = quote(taken.name.rsplit("/", 1)[-1])
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{name}",
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "Digest": f"sha-256={taken.sha256}",
    }
    return Response(taken.data, media_type="application/octet-stream", headers=headers)


@router.get("/releases/{release_id}/record", name="web.release.record")
def record(release_id: str, session: Tx, parts: EgressParts, actor: CurrentActor) -> Response:
    """The release record: the exact signed JSON whose hash is in the log."""
    row = view.release_of(session, parts, actor, release_id)
    headers = {"Content-Disposition": f'attachment; filename="{release_id}.json"'}
    return Response(row.record, media_type="application/json", headers=headers)


@router.post("/releases/{release_id}/revoke", name="web.release.revoke")
def revoke(release_id: str, session: Tx, parts: EgressParts, actor: CurrentActor, fields: Fields) -> Response:
    """End the downloads of a release."""
    reason = text(fields, "reason")
    if not reason:
        raise Invalid("reason-missing", "A reason is needed.", "Say why.")
    row = egress.revoke(session, parts, release_id, reason, event=act("egress.revoke", actor))
    return back(f"/requests/{row.request_id}", "release.revoke")

"""Into the workspace: a ticket for a minute, then the project's own host (design §2)."""

from urllib.parse import quote, urlencode

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from tre.api.deps import CurrentActor, Svc, Tx
from tre.api.workspaces import parts_of, rouse
from tre.projects import service as projects
from tre.sessions import service as sessions
from tre.web.forms import Fields, act, text
from tre.web.render import page

router = APIRouter()


@router.get("/projects/{slug}/workspace", name="web.workspace")
def entrance(request: Request, slug: str, session: Tx, actor: CurrentActor, next: str = "") -> Response:
    """Where a hub sends somebody who came without a ticket."""
    project = projects.visible_project(session, slug, actor)
    return page(request, "projects/workspace.html", project=project, next=next if next.startswith("/") else "")


@router.post("/projects/{slug}/workspace", name="web.workspace.open")
def enter(slug: str, session: Tx, services: Svc, actor: CurrentActor, fields: Fields) -> Response:
    """Make a ticket and go; whoever may not work gets the reason instead."""
    projects.visible_project(session, slug, actor)
    event = act("workspace.ticket", actor, slug, actor.person_id)
    rouse(services, slug, event=event)
    ticket = sessions.issue_ticket(session, parts_of(services), slug, actor.person_id or "", event=event)
    query = {"ticket": ticket}
    wanted = text(fields, "next")
    if wanted.startswith("/") and not wanted.startswith("//"):
        query["next"] = wanted
    host = f"{quote(slug)}.{services.settings.work_domain}"
    return RedirectResponse(f"https://{host}/hub/login?{urlencode(query)}", 303)

"""Projects: list, page, life. The rules are in tre.projects; these handlers read forms and draw pages."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from tre.api.deps import CurrentActor, Svc, Tx
from tre.core.errors import NotFound
from tre.core.people import Role
from tre.projects import service as projects
from tre.projects.models import Project
from tre.projects.states import State
from tre.projects.store import visible_page
from tre.web.forms import Fields, act, day, text, whole
from tre.web.render import back, page
from tre.web.views import project as view
from tre.worker.wake import wake

router = APIRouter()
PAGE = 50
CAPACITY = {"cpu": 8, "memory_gib": 16, "pods": 20, "home_total_gib": 20, "work_gib": 20}


@dataclass(frozen=True)
class Filters:
    """The filters of the list."""

    state: str = ""
    q: str = ""
    after: str = ""

    @property
    def asked(self) -> bool:
        return bool(self.state or self.q.strip())

    def holds(self, project: Project) -> bool:
        """True when the project has the state and the words."""
        words = self.q.strip().lower()
        return (not self.state or project.state == self.state) and words in f"{project.slug} {project.title}".lower()


@router.get("/projects", name="web.projects")
def project_list(
    request: Request, session: Tx, actor: CurrentActor, filters: Annotated[Filters, Depends()]
) -> Response:
    """The projects that this person may know of, by pages; a search looks at all of them."""
    if filters.asked:
        shown = [known for known in projects.visible_projects(session, actor) if filters.holds(known)]
        more = ""
    else:
        shown = list(visible_page(session, actor, filters.after, PAGE))
        more = shown[-1].slug if len(shown) == PAGE else ""
    values = {"projects": shown[: 4 * PAGE], "states": list(State), "more": more}
    return page(request, "projects/list.html", state=filters.state, q=filters.q, **values)


@router.get("/projects/{slug}", name="web.project")
def project_page(request: Request, slug: str, session: Tx, services: Svc, actor: CurrentActor) -> Response:
    """One project: state, steps, people, data, exports, drift, certificate, and what this person may do."""
    shown = view.project_page(session, services, actor, slug)
    return page(request, "projects/page.html", shown=shown, capacity=CAPACITY, refresh=3 if shown.moving else None)


@router.post("/projects/{slug}/confirm", name="web.project.confirm")
def confirm(slug: str, session: Tx, services: Svc, actor: CurrentActor) -> Response:
    """The second person puts the waiting authorisation in force."""
    projects.visible_project(session, slug, actor)
    projects.confirm(session, slug, event=act("project.confirm", actor, slug), clock=services.clock)
    return back(f"/projects/{slug}", "project.confirm")


@router.post("/projects/{slug}/withdraw-version", name="web.project.withdraw-version")
def withdraw_version(slug: str, session: Tx, services: Svc, actor: CurrentActor) -> Response:
    """Take the waiting version back."""
    projects.withdraw_version(session, slug, event=act("project.withdraw-version", actor, slug), clock=services.clock)
    return back(f"/projects/{slug}")


@router.post("/projects/{slug}/provision", name="web.project.provision")
def provision(slug: str, session: Tx, services: Svc, actor: CurrentActor, fields: Fields) -> Response:
    """Acknowledge the quota and start provisioning, in one transaction."""
    projects.visible_project(session, slug, actor)
    quota = {name: whole(fields, name) for name in CAPACITY if text(fields, name)}
    acknowledged = act("project.acknowledge-capacity", actor, slug)
    projects.acknowledge_capacity(session, slug, quota, event=acknowledged, clock=services.clock)
    projects.provision(session, slug, event=act("project.provision", actor, slug), clock=services.clock)
    wake(session, "reconcile", slug=slug)
    return back(f"/projects/{slug}", "project.provision")


@router.post("/projects/{slug}/suspend", name="web.project.suspend")
def suspend(slug: str, session: Tx, services: Svc, actor: CurrentActor) -> Response:
    """Stop sessions and credentials; keep the data."""
    projects.visible_project(session, slug, actor)
    event = act("project.suspend", actor, slug)
    projects.suspend(session, slug, "asked", event=event, clock=services.clock)
    wake(session, "reconcile", slug=slug)
    return back(f"/projects/{slug}", "project.suspend")


@router.post("/projects/{slug}/resume", name="web.project.resume")
def resume(slug: str, session: Tx, services: Svc, actor: CurrentActor) -> Response:
    """Let work go on."""
    projects.visible_project(session, slug, actor)
    projects.resume(session, slug, event=act("project.resume", actor, slug), clock=services.clock)
    wake(session, "reconcile", slug=slug)
    return back(f"/projects/{slug}", "project.resume")


@router.post("/projects/{slug}/announce-closing", name="web.project.announce-closing")
def announce_closing(slug: str, session: Tx, services: Svc, actor: CurrentActor, fields: Fields) -> Response:
    """Announce the last day of exports."""
    projects.visible_project(session, slug, actor)
    last = day(fields, "last_export_on") or services.clock().date() + timedelta(days=14)
    event = act("project.announce-closing", actor, slug)
    projects.announce_closing(session, slug, last, event=event, clock=services.clock)
    return back(f"/projects/{slug}", "project.announce-closing")


@router.post("/projects/{slug}/close", name="web.project.close")
def close(slug: str, session: Tx, services: Svc, actor: CurrentActor) -> Response:
    """Close for good."""
    projects.visible_project(session, slug, actor)
    projects.close(session, slug, event=act("project.close", actor, slug), clock=services.clock)
    wake(session, "reconcile", slug=slug)
    return back(f"/projects/{slug}", "project.close")


@router.post("/projects/{slug}/abandon", name="web.project.abandon")
def abandon(slug: str, session: Tx, services: Svc, actor: CurrentActor) -> Response:
    """End a project that has nothing in the world."""
    projects.visible_project(session, slug, actor)
    projects.abandon(session, slug, event=act("project.abandon", actor, slug), clock=services.clock)
    wake(session, "reconcile", slug=slug)
    return back(f"/projects/{slug}", "project.close")


@router.post("/projects/{slug}/freeze", name="web.project.freeze")
def freeze(slug: str, session: Tx, services: Svc, actor: CurrentActor) -> Response:
    """Stop everything at once."""
    projects.visible_project(session, slug, actor)
    event = act("project.freeze", actor, slug)
    projects.freeze(session, slug, "asked", event=event, clock=services.clock)
    wake(session, "reconcile", slug=slug)
    return back(f"/projects/{slug}", "project.freeze")


@router.post("/projects/{slug}/unfreeze", name="web.project.unfreeze")
def unfreeze(slug: str, session: Tx, services: Svc, actor: CurrentActor) -> Response:
    """Propose the end of a freeze, or confirm the other side's proposal."""
    projects.visible_project(session, slug, actor)
    waiting = projects.waiting_unfreeze(session, slug)
    verb = projects.propose_unfreeze if waiting is None else projects.confirm_unfreeze
    verb(session, slug, event=act("project.unfreeze", actor, slug), clock=services.clock)
    wake(session, "reconcile", slug=slug)
    return back(f"/projects/{slug}", "project.unfreeze")


@router.get("/projects/{slug}/certificate", name="web.project.certificate")
def certificate(slug: str, session: Tx, actor: CurrentActor) -> Response:
    """The signed deletion certificate: the exact signed bytes, so that anybody can verify them."""
    projects.visible_project(session, slug, actor)
    issued = projects.certificate(session, slug)
    if issued is None or not actor.has(Role.AGENT, Role.SECURITY_OFFICER, Role.AUDITOR, Role.RESEARCHER):
        raise NotFound("certificate-unknown", "No certificate was issued.", "Wait until closing is done.")
    headers = {"Content-Disposition": f'attachment; filename="{slug}-deletion-certificate.json"'}
    return Response(issued.body, media_type="application/json", headers=headers)

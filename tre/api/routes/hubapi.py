"""The hub API (`/internal/v1`): what a project's hub and gateway may ask. The project is that of the service token."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Response
from pydantic import BaseModel, Field

from tre.api.deps import Svc, Tx
from tre.api.workspaces import parts_of
from tre.audit.events import AuditEvent
from tre.core.people import Actor, system
from tre.sessions import service
from tre.sessions.contracts import Parts
from tre.sessions.errors import service_token_invalid
from tre.sessions.store import get_session
from tre.sessions.tokens import project_of
from tre.sessions.traces import TraceEvent, record_traces
from tre.worker.wake import wake

router = APIRouter(tags=["hub"])


def get_parts(services: Svc) -> Parts:
    """The workspace's adapters."""
    return parts_of(services)


WorkspaceParts = Annotated[Parts, Depends(get_parts)]


def hub_principal(tx: Tx, authorization: Annotated[str, Header()] = "") -> str:
    """The slug whose service token the caller presents; raises Unauthorised ``service-token-invalid``."""
    scheme, _, token = authorization.partition(" ")
    if scheme != "Bearer" or not token:
        raise service_token_invalid()
    return project_of(tx, token)


Hub = Annotated[str, Depends(hub_principal)]


class Ticket(BaseModel):
    """A ticket as the browser brought it."""

    ticket: str = Field(max_length=200)


class Wish(BaseModel):
    """Whose notebook of what kind."""

    person: str = Field(max_length=40)
    profile: str | None = Field(default=None, max_length=40)


class Ended(BaseModel):
    """Why a session ended: a code."""

    reason: str = Field(default="stopped", max_length=60, pattern=r"^[a-z0-9-]+$")


class Traces(BaseModel):
    """A batch from a gateway's journal."""

    events: list[TraceEvent] = Field(max_length=500)


def _actor(slug: str, part: str = "hub") -> Actor:
    return system(f"{part}:{slug}")


@router.post("/tickets/redeem", name="hub.ticket.redeem")
def redeem(body: Ticket, hub: Hub, tx: Tx, parts: WorkspaceParts) -> dict[str, str]:
    """Use a ticket up; answers who enters."""
    event = AuditEvent("workspace.enter", _actor(hub), project=hub)
    entrant = service.redeem_ticket(tx, parts, hub, body.ticket, event=event)
    return {"person": entrant.slug, "display_name": entrant.display_name}


@router.get("/profiles", name="hub.profiles")
def profiles(hub: Hub, parts: WorkspaceParts) -> dict[str, Any]:
    """The kinds of notebook on offer."""
    return {"project": hub, "profiles": service.profiles(parts)}


@router.post("/sessions", name="hub.session.start")
def start(body: Wish, hub: Hub, tx: Tx, parts: WorkspaceParts) -> dict[str, Any]:
    """A session to spawn; anything but 200 refuses the spawn."""
    event = AuditEvent("session.start", _actor(hub), project=hub, detail={"person": body.person[:40]})
    wish = service.SpawnRequest(hub, body.person, body.profile)
    plan = service.start_session(tx, parts, wish, event=event).plan
    if plan["spark"]:
        wake(tx, "sessions")  # the worker makes the Spark server, for which the notebook's claim waits
    return plan


@router.post("/sessions/{session_id}/ended", name="hub.session.ended", status_code=204)
def ended(session_id: str, body: Ended, hub: Hub, tx: Tx, parts: WorkspaceParts) -> Response:
    """The notebook stopped, was culled, or must stop; idempotent."""
    row = get_session(tx, session_id, slug=hub, lock=True)
    event = AuditEvent("session.end", _actor(hub), project=hub, target=session_id)
    service.end_session(tx, parts, row, reason=body.reason, event=event)
    return Response(status_code=204)


@router.get("/sessions/live", name="hub.session.live")
def live(hub: Hub, tx: Tx, parts: WorkspaceParts, person: str | None = None) -> dict[str, Any]:
    """Live sessions of the project; with ``person``, that person's, with the token that the notebook accepts."""
    return {"sessions": service.live_sessions(tx, parts, hub, person)}


@router.post("/traces", name="hub.traces", status_code=204)
def traces(body: Traces, hub: Hub, tx: Tx, parts: WorkspaceParts) -> Response:
    """Record a batch; a batch that was recorded before is acknowledged again and not recorded twice."""
    record_traces(tx, parts, hub, body.events, actor=_actor(hub, "gateway"))
    return Response(status_code=204)

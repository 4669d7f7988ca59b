"""The claim (`/workspace/v1/claim`): a pod's init container fetches its session's credentials, once."""

from typing import Annotated

from fastapi import APIRouter, Depends, Header, Request
from pydantic import BaseModel, Field

from tre.api.deps import Tx
from tre.api.routes.hubapi import WorkspaceParts
from tre.audit.events import AuditEvent
from tre.core.people import Actor
from tre.sessions import service
from tre.sessions.errors import session_token_invalid
from tre.sessions.principal import SessionPrincipal, principal_of

router = APIRouter(tags=["session"])


class Claim(BaseModel):
    """The session and the nonce of its plan."""

    session_id: str = Field(max_length=64)
    nonce: str = Field(max_length=200)


def session_principal(tx: Tx, authorization: Annotated[str, Header()] = "") -> SessionPrincipal:
    """Who calls the workspace API: the live session of the presented token, nothing from the call itself."""
    scheme, _, token = authorization.partition(" ")
    if scheme != "Bearer" or not token:
        raise session_token_invalid()
    return principal_of(tx, token)


Principal = Annotated[SessionPrincipal, Depends(session_principal)]


@router.post("/claim", name="workspace.claim")
def claim(body: Claim, request: Request, tx: Tx, parts: WorkspaceParts) -> dict[str, dict[str, str]]:
    """File name -> content. The address is the connection's own: this listener believes no forwarded header."""
    address = request.client.host if request.client else ""
    event = AuditEvent("session.claim", Actor("system", "notebook", address=address), target=body.session_id)
    files = service.claim(tx, parts, service.ClaimRequest(body.session_id, body.nonce, address), event=event)
    return {"files": files}

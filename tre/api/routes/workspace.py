"""The workspace API (`/workspace/v1`): what a notebook may ask with its session's token. Never the management API.

The caller is the person of the session, in the project of the session, as a researcher and nothing else: whatever other
role that person holds is not held here.
"""

import json
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Request
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from tre.api.deps import Svc, Tx
from tre.api.routes.claim import Principal
from tre.audit.events import AuditEvent
from tre.core.people import Actor, Role
from tre.datasets import service as datasets
from tre.egress import permissions, service, store
from tre.egress.checks import Policy
from tre.egress.contracts import Parts
from tre.egress.neighbours import parts_of
from tre.egress.views import RequestSummary, RequestView

router = APIRouter(tags=["workspace"])


@dataclass(frozen=True)
class Bench:
    """What every call here works with: the session's project and person."""

    session: Session
    parts: Parts
    slug: str
    actor: Actor

    def event(self, action: str) -> AuditEvent:
        return AuditEvent(action, self.actor, self.slug)

    def own(self, request_id: str) -> RequestView:
        """A request of this project; another project's answers like an unknown id."""
        if store.get_request(self.session, request_id).slug != self.slug:
            raise permissions.unknown()
        return service.show(self.session, self.parts, request_id, self.actor)


def get_bench(request: Request, session: Tx, services: Svc, principal: Principal) -> Bench:
    """The session's bench."""
    actor = Actor(
        kind="person",
        label=f"session {principal.session_id}",
        person_id=principal.person_id,
        roles=frozenset({Role.RESEARCHER}),
        address=request.client.host if request.client else None,
        request_id=getattr(request.state, "request_id", None),
    )
    return Bench(session, parts_of(services), principal.slug, actor)


AtBench = Annotated[Bench, Depends(get_bench)]


class FileIn(BaseModel):
    name: str = Field(max_length=4096)
    context: dict[str, Any] = Field(default_factory=dict)


class RequestIn(BaseModel):
    title: str = Field(max_length=400)
    purpose: str = Field(max_length=4000)
    destination: str = Field(max_length=1000)
    image_digest: str | None = Field(default=None, max_length=200)
    files: list[FileIn] = Field(min_length=1, max_length=200)


@router.get("/policy", name="workspace.policy")
def policy(bench: AtBench) -> dict[str, Any]:
    """The project's disclosure policy, so that `tre check` says what the reviewers' check will say."""
    project = bench.parts.projects.view(bench.session, bench.slug)
    chosen = Policy.load(project.policy_id)
    return {"id": chosen.id, "version": chosen.version, "hash": chosen.digest, "numbers": _plain(chosen)}


def _plain(chosen: Policy) -> dict[str, Any]:
    plain: dict[str, Any] = json.loads(json.dumps(chosen, default=vars))
    return plain


@router.get("/datasets", name="workspace.datasets")
def inputs(bench: AtBench) -> list[datasets.Input]:
    """The locked files of `inputs`, with their hashes."""
    return datasets.inputs(bench.session, bench.slug)


@router.get("/requests", name="workspace.requests")
def list_requests(bench: AtBench) -> list[RequestSummary]:
    """The project's requests, newest first."""
    return service.listed(bench.session, bench.parts, bench.actor, service.Wanted(slug=bench.slug))


@router.get("/requests/{request_id}", name="workspace.request")
def show(request_id: str, bench: AtBench) -> RequestView:
    return bench.own(request_id)


@router.post("/requests", name="workspace.request.create", status_code=201)
def create(
    body: RequestIn, bench: AtBench, key: Annotated[str | None, Header(alias="Idempotency-Key", max_length=80)] = None
) -> RequestView:
    """A draft of the session's person; the same idempotency key gives the same request."""
    draft = service.Draft(bench.slug, body.title, body.purpose, body.destination, key, body.image_digest)
    event = bench.event("egress.create")
    request = service.create(bench.session, bench.parts, draft, event=event)
    chosen = {file.name for file in store.files(bench.session, request.id)}
    for file in body.files:
        if file.name not in chosen:
            added = service.Chosen(file.name, file.context)
            service.add_file(bench.session, bench.parts, request.id, added, event=event)
    return bench.own(request.id)


@router.post("/requests/{request_id}/submit", name="workspace.request.submit")
def submit(request_id: str, bench: AtBench) -> RequestView:
    """Copy and pin the files; a lead still signs on the web, with a second factor, never from a notebook."""
    bench.own(request_id)
    service.submit_unsigned(bench.session, bench.parts, request_id, event=bench.event("egress.submit"))
    return bench.own(request_id)

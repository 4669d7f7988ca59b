"""The log (`/api/v1/audit`): search, checkpoints, proofs, the whole as a bundle. Reading is recorded (design §8)."""

import base64
from dataclasses import asdict, replace
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response
from fastapi.responses import JSONResponse, StreamingResponse
from pydantic import BaseModel, Field
from sqlalchemy import select

from tre.api.deps import CurrentActor, Svc, Tx
from tre.audit import store
from tre.audit.events import AuditEvent
from tre.audit.export import export_bundle
from tre.audit.keys import CHECKPOINT_KEY, log_origin, published_keys
from tre.audit.models import CheckpointRow
from tre.audit.prove import prove
from tre.audit.search import Search, search
from tre.audit.service import record
from tre.audit.timeline import Span, tell, timeline, to_csv, to_lines, unattributed
from tre.audit.tree import consistency_proof
from tre.audit.witness import keep_cosignature, known_witnesses, standing
from tre.core.errors import Invalid, NotFound
from tre.core.people import Role
from tre.projects.people import find_person
from tre.sessions.models import WorkspaceSession

router = APIRouter(prefix="/audit", tags=["audit"])
Json = dict[str, Any]


class Purpose(StrEnum):
    """Why a copy of the log is taken; it is recorded with the taking."""

    AUDIT = "audit"
    INCIDENT = "incident"
    DATA_SUBJECT = "data-subject"
    COURT = "court"
    BACKUP = "backup"


@router.get("/events", name="audit.events")
def events(tx: Tx, services: Svc, actor: CurrentActor, asked: Annotated[Search, Depends()]) -> Json:
    """Events by person (slug, id, or a part's name), project, action ("session.*" too), outcome, target and time."""
    found = find_person(tx, asked.person) if asked.person else None
    wanted = replace(asked, person=found.id) if found else asked
    page = search(tx, wanted)
    record(tx, AuditEvent("audit.search", actor, asked.project, detail=wanted.asked()), services.clock)
    return asdict(page)


@router.get("/prove/{event_id}", name="audit.prove")
def proof(event_id: str, tx: Tx, services: Svc, actor: CurrentActor) -> Json:
    """The proof of one event against the newest checkpoint."""
    made = prove(tx, event_id)
    record(tx, AuditEvent("audit.prove", actor, target=event_id), services.clock)
    return made.to_json()


@router.get("/export", name="audit.export")
def export(services: Svc, actor: CurrentActor, purpose: Purpose) -> StreamingResponse:
    """The whole log as a tar archive, for `tre audit verify`."""
    keys = published_keys(services.vault, log_origin(services.settings))
    with services.db.transaction() as session:
        record(session, AuditEvent("audit.export", actor, detail={"purpose": purpose.value}), services.clock)
    stream = export_bundle(services.db, services.store, keys, services.clock())
    headers = {"Content-Disposition": 'attachment; filename="audit-log.tar"'}
    return StreamingResponse(stream, media_type="application/x-tar", headers=headers)


@router.get("/key", name="audit.key")
def key(services: Svc) -> Response:
    """The verifier keys, newest first, one a line (C2SP signed-note)."""
    keys = published_keys(services.vault, log_origin(services.settings))
    return Response("".join(f"{line}\n" for line in keys), media_type="text/plain; charset=utf-8")


@router.get("/checkpoints", name="audit.checkpoints")
def checkpoints(tx: Tx, before: int | None = None, limit: Annotated[int, Query(ge=1, le=500)] = 50) -> Json:
    """Signed checkpoints, newest first."""
    query = select(CheckpointRow).order_by(CheckpointRow.seq.desc()).limit(limit)
    rows = tx.scalars(query.where(CheckpointRow.seq < before) if before else query).all()
    items = [{"seq": row.seq, "size": row.size, "at": row.at, "note": row.note} for row in rows]
    return {"items": items, "next": rows[-1].seq if len(rows) == limit else None}


class Cosigned(BaseModel):
    """A checkpoint with a witness's signature."""

    note: str = Field(max_length=4000)


@router.get("/consistency", name="audit.consistency")
def consistency(tx: Tx, old: Annotated[int, Query(ge=1)], new: Annotated[int, Query(ge=1)]) -> Json:
    """The proof that the log of ``new`` events contains that of ``old``; raises Invalid ``log-size``."""
    if not old <= new <= store.sealed_size(tx):
        raise Invalid("log-size", "The log has no such sizes.", "Take sizes from checkpoints, the older one first.")
    proof = consistency_proof(store.nodes(tx), old, new)
    return {"old": old, "new": new, "proof": [base64.b64encode(step).decode() for step in proof]}


@router.post("/cosignatures", name="audit.cosign")
def cosignature(body: Cosigned, tx: Tx, services: Svc) -> Json:
    """Keep a checkpoint that a known witness signed."""
    origin = log_origin(services.settings)
    keys = [(origin, key) for key in services.vault.public_keys(CHECKPOINT_KEY)]
    known = known_witnesses(services.settings.policies_dir)
    return {"witness": keep_cosignature(tx, body.note, keys, known, services.clock())}


@router.get("/witnesses", name="audit.witnesses")
def witnesses(tx: Tx, services: Svc) -> Json:
    """The known witnesses and how far each has followed; an absent one shows as null."""
    return {"items": [asdict(one) for one in standing(tx, known_witnesses(services.settings.policies_dir))]}


class Form(StrEnum):
    """How a timeline is written."""

    JSON = "json"
    LINES = "jsonl"
    CSV = "csv"


@router.get("/sessions/{session_id}/timeline", name="audit.timeline")
def session_timeline(session_id: str, tx: Tx, services: Svc, actor: CurrentActor, form: Form = Form.JSON) -> Response:
    """One session from every source. A researcher reads their own; every reading is an event.

    Raises NotFound ``session-unknown``, for somebody else's session too.
    """
    row = tx.get(WorkspaceSession, session_id)
    may_all = actor.has(Role.SECURITY_OFFICER, Role.AUDITOR)
    if row is None or not (may_all or row.person_id == actor.person_id):
        raise NotFound("session-unknown", "There is no such session.", "See the list of sessions.")
    made = timeline(tx, Span(row.id, row.slug, row.person_id, row.created_at, row.ended_at))
    record(tx, AuditEvent("trace.timeline", actor, row.slug, row.id, detail={"form": form.value}), services.clock)
    if form is Form.JSON:
        return JSONResponse(asdict(made) | {"sources": made.sources, "told": tell(made)})
    lines, kind = (to_csv(made), "text/csv") if form is Form.CSV else (to_lines(made), "application/jsonl")
    headers = {"Content-Disposition": f'attachment; filename="{row.id}.{form.value}"'}
    return Response("".join(lines), media_type=f"{kind}; charset=utf-8", headers=headers)


@router.get("/unattributed", name="audit.unattributed")
def nobodys(tx: Tx, services: Svc, actor: CurrentActor, since: datetime) -> Json:
    """What no session explains; the count should be zero."""
    items = unattributed(tx, since)
    record(tx, AuditEvent("trace.unattributed", actor, detail={"since": since.isoformat()}), services.clock)
    return {"count": len(items), "items": items}

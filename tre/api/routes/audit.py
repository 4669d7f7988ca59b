"""The log (`/api/v1/audit`): search, checkpoints, proofs, the whole as a bundle. Reading is recorded (design §8)."""

from dataclasses import asdict, replace
from enum import StrEnum
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response
from fastapi.responses import StreamingResponse
from sqlalchemy import select

from tre.api.deps import CurrentActor, Svc, Tx
from tre.audit.events import AuditEvent
from tre.audit.export import export_bundle
from tre.audit.keys import log_origin, published_keys
from tre.audit.models import CheckpointRow
from tre.audit.prove import prove
from tre.audit.search import Search, search
from tre.audit.service import record
from tre.projects.people import find_person

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

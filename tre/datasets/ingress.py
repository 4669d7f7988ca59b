"""Loading an extract: a manifest first, then parts in any order, then whole-file checks, then a second steward."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from tre.audit.events import AuditEvent, Json
from tre.core.errors import Conflict, Invalid, TooLarge
from tre.core.filenames import check_name
from tre.core.ids import new_id
from tre.datasets import permissions, policies
from tre.datasets.catalogue import get_dataset, get_version, stamp
from tre.datasets.contracts import Authorised, Parts, bucket
from tre.datasets.models import Extract, ExtractFile, UploadPart
from tre.datasets.states import EXTRACT


@dataclass(frozen=True)
class Declared:
    """A line of the manifest."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True)
class Chunk:
    """A part as it arrives: where it starts, its bytes, and the hash that its sender gives."""

    start: int
    data: bytes
    sha256: str


def begin(
    session: Session, parts: Parts, target: tuple[str, str], manifest: Sequence[Declared], *, event: AuditEvent
) -> Extract:
    """Open the loading of ``target`` = (project, version). Raises Conflict when the project may not hold it."""
    person = permissions.check_steward(event.actor)
    project = parts.projects.authorised(session, target[0])
    permissions.check_outsider(event.actor, project)
    policies.check_project_takes_data(project)
    version = get_version(session, target[1])
    policies.check_published(version)
    policies.check_authorised(project, get_dataset(session, version.dataset_id))
    if not manifest or len({line.name for line in manifest}) != len(manifest):
        raise Invalid("manifest-invalid", "The manifest names each file once, and at least one.", "Correct it.")
    extract = Extract(
        id=new_id("ext"), slug=target[0], version_id=version.id, state=EXTRACT.initial, loaded_by=person,
        created_at=parts.clock(), problems=[], attempts=0,
    )  # fmt: skip
    session.add(extract)
    session.flush()
    for line in manifest:
        policies.check_declared(check_name(line.name), line.size, line.sha256)
        session.add(
            ExtractFile(id=new_id("exf"), extract_id=extract.id, name=line.name, size=line.size, sha256=line.sha256)
        )
    session.flush()
    lines: list[Json] = [{"sha256": line.sha256, "size": line.size} for line in manifest]
    stamp(
        session,
        parts,
        event,
        "extract.begin",
        project=extract.slug,
        target=extract.id,
        version=version.id,
        files=lines,
    )
    return extract


def put_part(session: Session, parts: Parts, place: tuple[str, str], chunk: Chunk, *, event: AuditEvent) -> UploadPart:
    """Keep one part of ``place`` = (extract, file). The same part twice is one part; the loader only may send.

    Raises Invalid ``part-hash`` for damaged bytes, TooLarge for a part over 64 MiB, Conflict for one that overlaps.
    """
    extract = _loading(session, parts, place[0], event)
    file = get_file(session, *place)
    if len(chunk.data) > policies.MAX_PART:
        raise TooLarge("part-too-large", f"A part has at most {policies.MAX_PART} bytes.", "Send smaller parts.")
    if hashlib.sha256(chunk.data).hexdigest() != chunk.sha256:
        raise Invalid("part-hash", "The part arrived damaged: its hash is not the one announced.", "Send it again.")
    known = next((p for p in file_parts(session, file.id) if p.start == chunk.start), None)
    if known is not None:
        if (known.size, known.sha256) == (len(chunk.data), chunk.sha256):
            return known
        raise Conflict(
            "part-known", "Another part starts at this byte.", f"Go on from byte {known.start + known.size}."
        )
    if chunk.start < 0 or not chunk.data or chunk.start + len(chunk.data) > file.size:
        raise Invalid("part-range", "The part lies outside the announced size.", "Compare it with the manifest.")
    key = f"ingress/{extract.id}/{file.id}/{chunk.start:015d}"
    version = parts.store.put(bucket(extract.slug, "quarantine"), key, chunk.data, len(chunk.data))
    part = UploadPart(
        id=new_id("upl"), file_id=file.id, start=chunk.start, size=len(chunk.data), sha256=chunk.sha256, key=key,
        version=version or None,
    )  # fmt: skip
    session.add(part)
    session.flush()
    stamp(
        session, parts, event, "extract.part", project=extract.slug, target=extract.id, file=file.id, start=chunk.start,
        sha256=chunk.sha256,
    )  # fmt: skip
    return part


def complete(session: Session, parts: Parts, extract_id: str, *, event: AuditEvent) -> Extract:
    """Say that all parts were sent; the worker joins and checks them. Raises Conflict while bytes are missing."""
    extract = _loading(session, parts, extract_id, event)
    for file in files(session, extract.id):
        policies.check_whole(file, file_parts(session, file.id))
    extract.state = EXTRACT.move(extract.state, "complete")
    stamp(session, parts, event, "extract.complete", project=extract.slug, target=extract.id)
    return extract


def abandon(session: Session, parts: Parts, extract_id: str, *, event: AuditEvent) -> Extract:
    """The loader gives up; what was received is removed."""
    extract = lock_extract(session, extract_id)
    permissions.check_steward(event.actor)
    permissions.check_outsider(event.actor, parts.projects.authorised(session, extract.slug))
    if event.actor.person_id != extract.loaded_by:
        raise permissions.unknown("extract")
    extract.state = EXTRACT.move(extract.state, "abandon")
    clear(session, parts, extract)
    stamp(session, parts, event, "extract.abandon", project=extract.slug, target=extract.id)
    return extract


def approve(session: Session, parts: Parts, extract_id: str, *, event: AuditEvent) -> Extract:
    """A steward who did not load it approves; once the version is attached, the worker locks it in `inputs`."""
    extract, person = _deciding(session, parts, extract_id, event)
    extract.state = EXTRACT.move(extract.state, "approve")
    extract.approved_by, extract.approved_at = person, parts.clock()
    hashes = [file.sha256 for file in files(session, extract.id)]
    stamp(session, parts, event, "extract.approve", project=extract.slug, target=extract.id, sha256=[*hashes])
    return extract


def reject(session: Session, parts: Parts, extract_id: str, *, event: AuditEvent) -> Extract:
    """A steward who did not load it refuses; the bytes are removed."""
    extract, person = _deciding(session, parts, extract_id, event)
    extract.state = EXTRACT.move(extract.state, "reject")
    extract.problems = [{"code": "steward", "file": "", "detail": person}]
    clear(session, parts, extract)
    stamp(session, parts, event, "extract.reject", project=extract.slug, target=extract.id)
    return extract


def _deciding(session: Session, parts: Parts, extract_id: str, event: AuditEvent) -> tuple[Extract, str]:
    person = permissions.check_steward(event.actor)
    extract = lock_extract(session, extract_id)
    permissions.check_outsider(event.actor, parts.projects.authorised(session, extract.slug))
    permissions.check_other(event.actor, extract.loaded_by, "loaded")
    return extract, person


def _loading(session: Session, parts: Parts, extract_id: str, event: AuditEvent) -> Extract:
    permissions.check_steward(event.actor)
    extract = lock_extract(session, extract_id)
    permissions.check_outsider(event.actor, parts.projects.authorised(session, extract.slug))
    if event.actor.person_id != extract.loaded_by:
        raise permissions.unknown("extract")
    EXTRACT.move(extract.state, "upload")
    return extract


def clear(session: Session, parts: Parts, extract: Extract) -> None:
    """Remove everything of the extract from quarantine; the rows stay."""
    place = bucket(extract.slug, "quarantine")
    for file in files(session, extract.id):
        for part in file_parts(session, file.id):
            parts.store.remove(place, part.key, part.version)
            session.delete(part)
        if file.staged_key is not None:
            parts.store.remove(place, file.staged_key, file.staged_version)
            file.staged_key = file.staged_version = None
    session.flush()


def lock_extract(session: Session, extract_id: str) -> Extract:
    row = session.get(Extract, extract_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise permissions.unknown("extract")
    return row


def files(session: Session, extract_id: str) -> list[ExtractFile]:
    query = select(ExtractFile).where(ExtractFile.extract_id == extract_id).order_by(ExtractFile.name)
    return list(session.scalars(query))


def get_file(session: Session, extract_id: str, file_id: str) -> ExtractFile:
    row = session.get(ExtractFile, file_id)
    if row is None or row.extract_id != extract_id:
        raise permissions.unknown("file")
    return row


def file_parts(session: Session, file_id: str) -> list[UploadPart]:
    return list(session.scalars(select(UploadPart).where(UploadPart.file_id == file_id).order_by(UploadPart.start)))


def visible_extracts(session: Session, project: Authorised) -> list[Extract]:
    """A project's extracts, newest first."""
    query = select(Extract).where(Extract.slug == project.slug).order_by(Extract.id.desc())
    return list(session.scalars(query))

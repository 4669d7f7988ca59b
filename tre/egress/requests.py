"""The researcher's side: draft, describe, submit (copy and pin), sign, withdraw."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from tre.audit.events import AuditEvent, Json
from tre.core.errors import Conflict, Invalid
from tre.core.filenames import check_name
from tre.core.ids import new_id
from tre.egress import forms, permissions, policies, store
from tre.egress.case import Case, advance, log, move_file, notify, open_case
from tre.egress.checks import Policy
from tre.egress.contracts import Parts, bucket
from tre.egress.models import File, Request
from tre.egress.states import FILE, REQUEST


@dataclass(frozen=True)
class Draft:
    """What a researcher gives to open a request."""

    slug: str
    title: str
    purpose: str
    destination: str
    idempotency_key: str | None = None
    image_digest: str | None = None


@dataclass(frozen=True)
class Chosen:
    """A file of the `work` bucket and its context form."""

    name: str
    context: Mapping[str, Any] = field(default_factory=dict)


def create(session: Session, parts: Parts, draft: Draft, *, event: AuditEvent) -> Request:
    """A new draft; with the same idempotency key, the one made before. Raises NotFound outside the actor's projects."""
    project = parts.projects.view(session, draft.slug)
    permissions.check_member(event.actor, project)
    policies.check_submissions_open(project)
    person = str(event.actor.person_id)
    earlier = _same_key(session, person, draft)
    if earlier is not None:
        return earlier
    request = Request(
        id=new_id("req"), slug=draft.slug, title=_line("title", draft.title, 200), requester_id=person,
        purpose=_line("purpose", draft.purpose, 2000), destination=_line("destination", draft.destination, 500),
        state=REQUEST.initial, round=0, revision=0, created_at=parts.clock(), attempts=0,
        idempotency_key=draft.idempotency_key, image_digest=draft.image_digest,
    )  # fmt: skip
    session.add(request)
    session.flush()
    log(Case(session, parts, request, project), event, "egress.create")
    return request


def _same_key(session: Session, person: str, draft: Draft) -> Request | None:
    if not draft.idempotency_key:
        return None
    query = select(Request).where(Request.requester_id == person, Request.idempotency_key == draft.idempotency_key)
    earlier = session.scalars(query).first()
    if earlier is not None and (earlier.slug, earlier.title) != (draft.slug, draft.title.strip()):
        raise Conflict("idempotency-reused", "This idempotency key was used for another request.", "Use a new key.")
    return earlier


def _line(what: str, value: str, limit: int) -> str:
    clean = value.strip()
    if not clean or len(clean) > limit or "\x00" in clean:
        raise Invalid(f"{what}-missing", f"The {what} must have 1 to {limit} characters.", f"Fill in the {what}.")
    return clean


def add_file(session: Session, parts: Parts, request_id: str, chosen: Chosen, *, event: AuditEvent) -> File:
    """Choose a file of the work bucket. Raises Invalid for a hostile name or form, Conflict when chosen already."""
    case = _editable(session, parts, request_id, event)
    name, context = check_name(chosen.name), forms.parse(chosen.context)
    if any(file.name == name for file in case.files):
        raise Conflict("file-chosen", "This file is in the request already.", "Change its form instead.")
    file = File(
        id=new_id("fil"), request_id=request_id, name=name, state=FILE.initial, active=True,
        context=context, context_hash=forms.digest(context),
    )  # fmt: skip
    session.add(file)
    session.flush()
    log(case, event, "egress.add", file=file.id, context_hash=file.context_hash)
    return file


def describe_file(
    session: Session, parts: Parts, file_id: tuple[str, str], form: Mapping[str, Any], *, event: AuditEvent
) -> File:
    """Replace the context form of ``file_id`` = (request, file). A changed form unbinds the votes on the file."""
    case = _editable(session, parts, file_id[0], event)
    file = store.get_file(session, *file_id)
    move_file(file, "describe", file.state)
    file.context = forms.parse(form)
    file.context_hash = forms.digest(file.context)
    log(case, event, "egress.describe", file=file.id, context_hash=file.context_hash)
    return file


def drop_file(session: Session, parts: Parts, file_id: tuple[str, str], *, event: AuditEvent) -> None:
    """Take a file out of a draft or returned request; its copy in quarantine stays as evidence."""
    case = _editable(session, parts, file_id[0], event)
    file = store.get_file(session, *file_id)
    move_file(file, "drop", "dropped")
    file.active = False
    log(case, event, "egress.drop", file=file.id)


def _editable(session: Session, parts: Parts, request_id: str, event: AuditEvent) -> Case:
    case = open_case(session, parts, request_id)
    permissions.check_see(event.actor, case.project, case.request)
    permissions.check_requester(event.actor, case.request)
    policies.check_verb(case.request, "edit")
    return case


def submit(session: Session, parts: Parts, request_id: str, *, event: AuditEvent) -> Request:
    """Copy and pin every file; then the lead signs, or has signed by submitting themselves.

    Raises Conflict when the project is not active, Invalid for missing forms and empty files, TooLarge over the policy.
    Nothing stays in quarantine of a submission that failed.
    """
    case = open_case(session, parts, request_id)
    _submit(case, event, signed=event.actor.person_id in case.project.leads)
    return case.request


def submit_unsigned(session: Session, parts: Parts, request_id: str, *, event: AuditEvent) -> Request:
    """As `submit`, but it waits for the lead's signature even when the lead submits: a notebook signs nothing.

    What runs in a notebook holds its session's token; a signature needs the person, signed in with a second factor.
    """
    case = open_case(session, parts, request_id)
    _submit(case, event, signed=False)
    return case.request


def _submit(case: Case, event: AuditEvent, *, signed: bool) -> None:
    permissions.check_see(event.actor, case.project, case.request)
    permissions.check_requester(event.actor, case.request)
    permissions.check_member(event.actor, case.project)
    policies.check_verb(case.request, "submit")
    policies.check_submissions_open(case.project)
    policy = Policy.load(case.project.policy_id)
    chosen = case.files
    policies.check_ready(chosen, policy.sizes.max_files)
    case.request.round += 1
    case.request.policy_id, case.request.submitted_at = policy.id, case.parts.clock()
    case.request.attempts, case.request.error = 0, None
    _pin_all(case, chosen, policy.sizes.max_bytes)
    case.request.signed_by = event.actor.person_id if signed else None
    advance(case, event, "submit", "checking" if signed else "signature")
    log(case, event, "egress.submit", round=case.request.round, signed=signed, files=manifest(case.files))
    if not signed:
        for lead in sorted(case.project.leads):
            notify(case, "signature-wanted", "person", lead)


def manifest(files: Sequence[File]) -> list[Json]:
    """What exactly is submitted: ids, hashes of bytes and of forms, sizes. No names: the log holds no free text."""
    return [
        {"file": f.id, "sha256": f.sha256, "size": f.size, "context_hash": f.context_hash}
        for f in sorted(files, key=lambda f: f.id)
    ]


def manifest_hash(files: Sequence[File]) -> str:
    """The hash that a lead signs."""
    return hashlib.sha256(json.dumps(manifest(files), sort_keys=True).encode()).hexdigest()


def _pin_all(case: Case, chosen: Sequence[File], max_bytes: int) -> None:
    pinned: list[str] = []
    try:
        for file in chosen:
            _pin(case, file, max_bytes, pinned)
        policies.check_total(sum(file.size or 0 for file in case.files), max_bytes)
    except Exception:
        for key in pinned:
            case.parts.store.remove(bucket(case.request.slug, "quarantine"), key)
        raise


def _pin(case: Case, file: File, max_bytes: int, pinned: list[str]) -> None:
    slug, key = case.request.slug, f"{case.request.id}/{file.id}/{case.request.round}"
    copy = case.parts.store.pin(bucket(slug, "work"), file.name, bucket(slug, "quarantine"), key, max_bytes)
    pinned.append(key)
    policies.check_size(copy.size, max_bytes, file.name)
    if file.sha256 == copy.sha256:
        move_file(file, "pin", "pinned")  # same bytes as last time: votes on them may still bind
    elif file.sha256 is not None:
        file = _new_version(case, file)
    else:
        move_file(file, "pin", "pinned")
    file.sha256, file.size = copy.sha256, copy.size
    file.quarantine_key, file.quarantine_version = key, copy.version_id


def _new_version(case: Case, old: File) -> File:
    move_file(old, "replace", "replaced")
    old.active = False
    case.session.flush()
    file = File(
        id=new_id("fil"), request_id=old.request_id, name=old.name, state="pinned", active=True,
        replaces=old.id, context=old.context, context_hash=old.context_hash,
    )  # fmt: skip
    case.session.add(file)
    return file


def sign(session: Session, parts: Parts, request_id: str, manifest_sha256: str, *, event: AuditEvent) -> Request:
    """The lead signs what was pinned; ``manifest_sha256`` is that of the page they read. Raises Conflict ``stale``."""
    case = open_case(session, parts, request_id)
    permissions.check_see(event.actor, case.project, case.request)
    permissions.check_lead(event.actor, case.project)
    policies.check_verb(case.request, "sign")
    policies.check_submissions_open(case.project)
    if manifest_sha256 != manifest_hash(case.files):
        raise Conflict("stale", "The submission is not the one you read.", "Reload it, read it again, then sign.")
    case.request.signed_by = event.actor.person_id
    advance(case, event, "sign", "checking")
    log(case, event, "egress.sign", round=case.request.round, manifest=manifest_sha256)
    return case.request


def decline(session: Session, parts: Parts, request_id: str, reason: str, *, event: AuditEvent) -> Request:
    """The lead sends an unsigned submission back."""
    case = open_case(session, parts, request_id)
    permissions.check_see(event.actor, case.project, case.request)
    permissions.check_lead(event.actor, case.project)
    policies.check_verb(case.request, "decline")
    advance(case, event, "decline", "returned", policies.check_reason(reason))
    log(case, event, "egress.decline", round=case.request.round)
    notify(case, "returned", "person", case.request.requester_id)
    return case.request


def withdraw(session: Session, parts: Parts, request_id: str, reason: str, *, event: AuditEvent) -> Request:
    """The requester or the lead ends a request; so does the closing of a project (actor "system")."""
    case = open_case(session, parts, request_id)
    if event.actor.kind != "system":
        permissions.check_see(event.actor, case.project, case.request)
        if event.actor.person_id not in case.project.leads:
            permissions.check_requester(event.actor, case.request)
    policies.check_verb(case.request, "withdraw")
    advance(case, event, "withdraw", "withdrawn", policies.check_reason(reason))
    log(case, event, "egress.withdraw")
    return case.request


def withdraw_open(session: Session, parts: Parts, slug: str, reason: str, *, event: AuditEvent) -> list[str]:
    """Withdraw what is still open in a project that closes; returns the ids. Called by the closing of a project."""
    still_open = [state for state in REQUEST.states if REQUEST.targets(state, "withdraw")]
    ids = session.scalars(select(Request.id).where(Request.slug == slug, Request.state.in_(still_open))).all()
    for request_id in ids:
        withdraw(session, parts, request_id, reason, event=event)
    return list(ids)

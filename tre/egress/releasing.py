"""Release: the reviewed bytes and no others, once everything that decided about them is seen twice (design §7)."""

import hashlib
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from tre.audit.events import AuditEvent
from tre.audit.service import record as record_event
from tre.core.errors import Conflict, Forbidden, Gone
from tre.core.ids import new_id
from tre.core.people import Actor, Role
from tre.egress import evidence, facts, permissions, policies, record, store
from tre.egress.case import Case, add_notice, advance, log, move_file, notify, open_case
from tre.egress.checking import Checked, examine, findings_hash, keep, ledger_key
from tre.egress.checks import ledger_entries
from tre.egress.contracts import Parts, Stored, bucket, exact
from tre.egress.eligibility import eligible
from tre.egress.models import File, Grant, LedgerLine, Notice, Release, ReleasedFile


@dataclass(frozen=True)
class Download:
    """The bytes that a grantee takes out."""

    name: str
    kind: str
    sha256: str
    data: bytes


def release(session: Session, parts: Parts, request_id: str, *, event: AuditEvent) -> Release | None:
    """Release an approved request; None when new findings sent it back to review instead.

    Raises Conflict when the project is not active, when rows and log disagree, or bytes are not the reviewed ones, and
    Temporary while a decision is not sealed. Whatever it raises, nothing has left.
    """
    case = open_case(session, parts, request_id)
    policies.check_verb(case.request, "release")
    policies.check_releases_open(case.project)
    store.lock_project(session, case.request.slug)
    allowed = _agreed(case)
    result = examine(case, case.files)
    if _differs(case, result) or not _approved_are(case, allowed):
        _reopen(case, event, result)
        return None
    return _let_go(case, event, result, [file for file in case.files if file.state == "approved"])


def _agreed(case: Case) -> dict[str, str]:
    """What may leave, by rows and by log alike; raises Conflict ``evidence-mismatch`` when they differ."""
    rows = facts.from_rows(case)
    log_facts = evidence.from_log(case)
    if not evidence.same(rows, log_facts) or eligible(rows) != eligible(log_facts):
        raise Conflict(
            "evidence-mismatch",
            "The tables and the sealed log do not say the same of this request: nothing leaves.",
            "The security officer must look into it: somebody may have changed the tables.",
        )
    return eligible(log_facts)


def _differs(case: Case, result: Checked) -> bool:
    """Whether a check run now, against everything released since, finds something else than what was reviewed."""
    now = {f.name: (findings_hash(f.findings), result.report.policy_hash) for f in result.report.files}
    return any(now[file.name] != (file.findings_hash, file.policy_hash) for file in case.files)


def _approved_are(case: Case, allowed: dict[str, str]) -> bool:
    approved = {file.id: file.sha256 for file in case.files if file.state == "approved"}
    return bool(approved) and all(allowed.get(key) == value for key, value in approved.items())


def _reopen(case: Case, event: AuditEvent, result: Checked) -> None:
    keep(case, event, result)
    advance(case, event, "reopen", "review")
    log(case, event, "egress.reopen", round=case.request.round, why="findings")
    for seat in store.seats(case.session, case.request.id):
        if not seat.conflict:
            notify(case, "reopened", "person", seat.person_id)


def _let_go(case: Case, event: AuditEvent, result: Checked, files: list[File]) -> Release:
    now = case.parts.clock()
    leaving = record.Leaving(new_id("rel"), now, now + timedelta(days=case.parts.release_days), tuple(files), result)
    text = record.build(case, leaving)
    row = Release(
        id=leaving.release_id, request_id=case.request.id, slug=case.request.slug, released_at=now,
        expires_at=leaving.expires_at, record=text, record_sha256=hashlib.sha256(text).hexdigest(),
        signature=case.parts.vault.sign("certificate", text),
    )  # fmt: skip
    case.session.add(row)
    case.session.flush()
    _copy(case, row, files, result)
    _write_ledger(case, row, files, result)
    case.session.add(
        Grant(release_id=row.id, person_id=case.request.requester_id, granted_by=str(case.request.signed_by))
    )
    advance(case, event, "release", "released")
    log(
        case, event, "egress.release", release=row.id, record_sha256=row.record_sha256,
        files=[{"file": file.id, "sha256": file.sha256, "binding": facts.binding_of(file)} for file in files],
    )  # fmt: skip
    _tell(case, row)
    return row


def _copy(case: Case, row: Release, files: list[File], result: Checked) -> None:
    """Write the very bytes that were just hashed and checked; remove them again when the release fails."""
    place = bucket(row.slug, "released")
    written: list[tuple[str, str]] = []
    try:
        for file in files:
            key = f"{row.id}/{file.id}"
            version = case.parts.store.put(place, key, result.data[file.id], file.size)
            written.append((key, version))
            move_file(file, "release", "released")
            case.session.add(
                ReleasedFile(
                    id=new_id("out"),
                    release_id=row.id,
                    file_id=file.id,
                    name=file.name,
                    kind=file.kind or "",
                    sha256=str(file.sha256),
                    size=file.size or 0,
                    key=key,
                    version=version or None,
                )
            )
        case.session.flush()
    except Exception:
        for key, version in written:
            case.parts.store.remove(place, key, version or None)
        raise


def _write_ledger(case: Case, row: Release, files: list[File], result: Checked) -> None:
    names = [file.name for file in files]
    for entry in ledger_entries(result.report, row.id, ledger_key(case), names):
        case.session.add(LedgerLine(slug=row.slug, release_id=row.id, line=entry.to_json()))


def _tell(case: Case, row: Release) -> None:
    notify(case, "released", "person", case.request.requester_id)
    for use in case.parts.projects.datasets(case.session, row.slug):
        if use.producer:
            add_notice(case.session, case.parts.clock, Notice(
                kind="dataset-result", recipient_kind="producer", recipient=use.producer, slug=row.slug, target=row.id,
            ))  # fmt: skip


def download(session: Session, parts: Parts, released: tuple[str, str], *, event: AuditEvent) -> Download:
    """The bytes of ``released`` = (release, released file), for a grantee, logged with their hash.

    Raises NotFound for strangers, Forbidden for others of the project, Gone after expiry or revocation, Conflict while
    the project is suspended or frozen, or when the stored bytes are not the released ones.
    """
    row = store.get_release(session, released[0])
    project = parts.projects.view(session, row.slug)
    _check_grantee(session, row, event, permissions.is_member(event.actor, project))
    _check_live(row, parts)
    policies.check_downloads_open(project)
    file = session.get(ReleasedFile, released[1])
    if file is None or file.release_id != row.id:
        raise permissions.unknown("file")
    stored = Stored(bucket(row.slug, "released"), file.key, file.version, file.sha256, file.size)
    data = exact(parts.store, stored)
    if data is None:
        raise Conflict("released-changed", "The stored bytes are not the released ones.", "Tell the security officer.")
    record_event(
        session,
        AuditEvent(
            "egress.download", event.actor, row.slug, row.id,
            detail={**event.detail, "file": file.file_id, "sha256": file.sha256, "size": file.size},
        ),
        parts.clock,
    )  # fmt: skip
    return Download(file.name, file.kind, file.sha256, data)


def _check_grantee(session: Session, row: Release, event: AuditEvent, member: bool) -> None:
    grantees = session.scalars(select(Grant.person_id).where(Grant.release_id == row.id)).all()
    if event.actor.person_id is not None and event.actor.person_id in grantees:
        return
    if member or event.actor.has(Role.REVIEWER, Role.SECURITY_OFFICER, Role.AUDITOR):
        raise Forbidden(
            "not-grantee", "Only the person to whom it was released may download this.", "Ask them, or the lead."
        )
    raise permissions.unknown("release")


def _check_live(row: Release, parts: Parts) -> None:
    if row.revoked_at is not None:
        raise Gone("release-revoked", "This release was revoked.", "The reviewers can say why.")
    if parts.clock() >= row.expires_at:
        raise Gone("release-expired", "The time to download this release is over.", "Ask for a new release.")


def release_record(session: Session, parts: Parts, release_id: str, actor: Actor) -> bytes:
    """The signed record; for whoever sees the request's content, and auditors. Raises NotFound for others."""
    row = store.get_release(session, release_id)
    request = store.get_request(session, row.request_id)
    project = parts.projects.view(session, row.slug)
    if not actor.has(Role.AUDITOR) and not permissions.may_see_content(actor, project, request):
        raise permissions.unknown("release")
    return row.record


def revoke(session: Session, parts: Parts, release_id: str, reason: str, *, event: AuditEvent) -> Release:
    """A reviewer or security officer ends downloads of a release; what was taken out before cannot be called back."""
    row = store.get_release(session, release_id, lock=True)
    case = open_case(session, parts, row.request_id)
    permissions.check_see(event.actor, case.project, case.request)
    if event.actor.has(Role.SECURITY_OFFICER):
        permissions.check_officer(event.actor, case.project, case.request)
    else:
        permissions.check_reviewer(event.actor, case.project, case.request)
    if row.revoked_at is not None:
        raise Gone("release-revoked", "This release was revoked before.", "")
    row.revoked_at, row.revoked_by = parts.clock(), event.actor.person_id
    row.revoked_reason = policies.check_reason(reason)
    log(case, event, "egress.revoke", release=row.id)
    notify(case, "revoked", "person", case.request.requester_id)
    return row


def grant(session: Session, parts: Parts, release_id: str, person_id: str, *, event: AuditEvent) -> Grant:
    """The project's lead lets another member download; raises Forbidden for anyone else, Conflict for a non-member."""
    row = store.get_release(session, release_id, lock=True)
    case = open_case(session, parts, row.request_id)
    permissions.check_see(event.actor, case.project, case.request)
    permissions.check_lead(event.actor, case.project)
    _check_live(row, parts)
    if person_id not in case.project.members:
        raise Conflict("not-member", "Only members of the project can be given a release.", "Choose a member.")
    known = session.scalars(select(Grant).where(Grant.release_id == row.id, Grant.person_id == person_id)).first()
    if known is not None:
        return known
    added = Grant(release_id=row.id, person_id=person_id, granted_by=str(event.actor.person_id))
    session.add(added)
    log(case, event, "egress.grant", release=row.id, person=person_id)
    return added

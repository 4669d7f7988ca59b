"""Sessions: start, claim, end. A credential exists from the claim to the end, and no longer (design §6)."""

import hmac
import json
import secrets
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from tre.audit.events import AuditEvent
from tre.audit.service import record
from tre.core.ids import new_id
from tre.sessions.contracts import Parts
from tre.sessions.errors import claim_refused, pod_unknown
from tre.sessions.models import WorkspaceSession
from tre.sessions.permissions import check_may_work
from tre.sessions.plan import Handover, credential_files, spawn_plan
from tre.sessions.profiles import PROFILES, choose
from tre.sessions.revocation import Scope, end_all, end_session, revoke
from tre.sessions.spark import claim_spark, is_sparks, spark_address
from tre.sessions.states import SESSION_LIFE, START_LIFE, SessionState
from tre.sessions.store import get_session, open_sessions
from tre.sessions.sweep import sweep
from tre.sessions.tickets import Entrant, issue_ticket, redeem_ticket
from tre.sessions.tokens import digest, new_token

__all__ = [
    "Entrant", "Scope", "SpawnRequest", "Started", "claim", "end_all", "end_session", "issue_ticket", "live_sessions",
    "profiles", "redeem_ticket", "start_session", "sweep",
]  # fmt: skip


@dataclass(frozen=True)
class Started:
    """A session that the hub may spawn, and the plan to spawn it by."""

    session_id: str
    plan: dict[str, Any]


@dataclass(frozen=True)
class SpawnRequest:
    """A hub's wish to start somebody's notebook; ``slug`` comes from the hub's service token, never from the call."""

    slug: str
    person: str
    profile: str | None = None


def start_session(session: Session, parts: Parts, wish: SpawnRequest, *, event: AuditEvent) -> Started:
    """A new session of a person who may work now; one that was still open is ended first.

    Raises NotFound or Forbidden as ``check_may_work``, Invalid for a profile that is not offered.
    """
    slug, now = wish.slug, parts.clock()
    person_id = parts.gate.person_id(session, wish.person)
    standing = parts.gate.standing(session, slug, person_id, now.date()) if person_id else None
    standing = check_may_work(standing)
    chosen, image = choose(wish.profile, parts.facts.images)
    for former in open_sessions(session, slug=slug, person_id=standing.person_id, lock=True):
        end_session(session, parts, former, reason="replaced", event=_of(event, "session.end", former.id))
    nonce = secrets.token_urlsafe(32)
    row = WorkspaceSession(
        id=new_id("ses"), slug=slug, person_id=standing.person_id, person_slug=standing.person_slug,
        profile=chosen.name, image=image, state=SessionState.STARTING, nonce_hash=digest(nonce), created_at=now,
    )  # fmt: skip
    session.add(row)
    parts.gate.touch(session, slug, now)
    record(session, _of(event, event.action, row.id, profile=chosen.name, image=image), parts.clock)
    return Started(row.id, spawn_plan(row, chosen, nonce, parts.facts))


@dataclass(frozen=True)
class ClaimRequest:
    """A pod's call for its credentials; ``address`` is where the call came from."""

    session_id: str
    nonce: str
    address: str


def claim(session: Session, parts: Parts, request: ClaimRequest, *, event: AuditEvent) -> dict[str, str]:
    """Make the session's credentials and hand them over, once, to the pod that the API server shows at that address.

    Raises Forbidden ``claim-refused`` for a wrong nonce, a second call, another address or a late one; Temporary
    ``pod-address-unknown`` while the API server does not show the pod's address. What was made is unmade on failure.
    """
    row = get_session(session, request.session_id, lock=True)
    if is_sparks(session, row.id, request.nonce) is not None and row.state != SessionState.ENDED:
        check_may_work(parts.gate.standing(session, row.slug, row.person_id, parts.clock().date()))
        return claim_spark(session, parts, row, address=request.address, event=event)
    fresh = row.state == SessionState.STARTING and parts.clock() - row.created_at <= START_LIFE
    if not hmac.compare_digest(row.nonce_hash, digest(request.nonce)) or not fresh:
        raise claim_refused()
    check_may_work(parts.gate.standing(session, row.slug, row.person_id, parts.clock().date()))
    pod = parts.pods.session_pod(row.slug, row.id)
    if pod is None or not pod.ip:
        raise pod_unknown()
    if pod.ip != request.address:
        raise claim_refused()
    files = _hand_over(parts, row, spark_address(parts, row))
    row.state, row.address, row.live_at = SessionState.LIVE, request.address, parts.clock()
    try:
        record(
            session, _of(event, event.action, row.id, s3_user=row.s3_user or "", address=request.address), parts.clock
        )
    except BaseException:
        revoke(parts, row)
        raise
    return files


def _hand_over(parts: Parts, row: WorkspaceSession, spark: str | None) -> dict[str, str]:
    """Create the S3 user, the Vault token and the two tokens of the session; all or nothing."""
    try:
        key = parts.store.create_session_user(row.slug, row.id)
        row.s3_user = key.access_key
        vault = parts.vault.create_session_token(row.slug, row.id, int(SESSION_LIFE.total_seconds()))
        row.vault_accessor = vault.accessor
        notebook, workspace = new_token(), new_token()
        row.notebook_token_sealed = parts.vault.encrypt(row.slug, notebook.encode())
        row.session_token_hash = digest(workspace)
    except BaseException:
        revoke(parts, row)
        raise
    tokens = {"vault-token": vault.token, "notebook-token": notebook, "session-token": workspace}
    return credential_files(row, Handover(key, tokens, spark), parts.facts)


def live_sessions(session: Session, parts: Parts, slug: str, person_slug: str | None = None) -> list[dict[str, Any]]:
    """What the gateway of ``slug`` is told: who has a live pod where, and the token that the pod accepts."""
    found = []
    for row in open_sessions(session, slug=slug):
        if row.state != SessionState.LIVE or (person_slug is not None and row.person_slug != person_slug):
            continue
        entry: dict[str, Any] = {
            "session_id": row.id,
            "person": row.person_slug,
            "address": row.address,
            "profile": row.profile,
            "idle_minutes": parts.facts.idle_minutes,
        }
        if person_slug is not None and row.notebook_token_sealed:
            entry["notebook_token"] = parts.vault.decrypt(row.slug, row.notebook_token_sealed).decode()
        found.append(entry)
    return found


def profiles(parts: Parts) -> list[dict[str, Any]]:
    """The profiles that are installed here, for the hub's form."""
    return [
        {"name": p.name, "title": p.title, "cpu": p.cpu, "memory_mib": p.memory_mib}
        for p in PROFILES.values()
        if "@sha256:" in parts.facts.images.get(p.image, "")
    ]


def _of(event: AuditEvent, action: str, target: str, **detail: str) -> AuditEvent:
    """The caller's event about one session."""
    merged = json.loads(json.dumps({**event.detail, **detail}))
    return AuditEvent(action, event.actor, event.project, target, event.outcome, merged)

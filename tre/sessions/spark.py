"""Spark Connect servers: one for each session whose profile wants it, made by the control plane, gone with the session.

Only the worker makes pods (its identity alone may); the notebook's claim waits until the server has an address.
"""

import secrets
from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from tre.audit.events import AuditEvent
from tre.audit.service import record
from tre.core.errors import Conflict, Temporary, TreError
from tre.sessions.contracts import Parts
from tre.sessions.errors import claim_refused, pod_unknown
from tre.sessions.models import SparkRow, WorkspaceSession
from tre.sessions.plan import spark_files
from tre.sessions.profiles import PROFILES
from tre.sessions.revocation import SPARK_SUFFIX, end_session
from tre.sessions.sparkpod import PORT, build_spark_pod, pod_name
from tre.sessions.store import open_sessions
from tre.sessions.tokens import digest


def wants_spark(row: WorkspaceSession) -> bool:
    """True for a session of a profile with Spark."""
    profile = PROFILES.get(row.profile)
    return profile is not None and profile.spark


def ensure_servers(session: Session, parts: Parts, *, event: AuditEvent) -> int:
    """Make the server of every open session that wants one and has none; returns how many were made."""
    rows = [row for row in open_sessions(session, lock=True) if wants_spark(row)]
    known = set(session.scalars(select(SparkRow.session_id).where(SparkRow.session_id.in_([r.id for r in rows]))))
    made = 0
    for row in rows:
        if row.id in known:
            continue
        nonce = secrets.token_urlsafe(32)
        try:
            parts.pods.create(build_spark_pod(row, nonce, parts.facts))
        except TreError as refused:
            if _passes(refused):
                continue
            why = {**event.detail, "spark": refused.code}
            ended = replace(event, action="session.end", project=row.slug, detail=why)
            end_session(session, parts, row, reason="spark-unavailable", event=ended)
            continue
        session.add(SparkRow(session_id=row.id, nonce_hash=digest(nonce), created_at=parts.clock(), claimed_at=None))
        detail = {**event.detail, "image": parts.facts.images["spark"]}
        record(
            session, replace(event, action="session.spark", project=row.slug, target=row.id, detail=detail), parts.clock
        )
        made += 1
    return made


def _passes(refused: TreError) -> bool:
    """True when the next round may succeed: the former session's server is still going, or the cluster is slow."""
    return isinstance(refused, Temporary) or (isinstance(refused, Conflict) and refused.code != "quota-exceeded")


def spark_address(parts: Parts, row: WorkspaceSession) -> str | None:
    """``sc://…`` for a session that wants Spark; raises Temporary while the server has no address yet."""
    if not wants_spark(row):
        return None
    pod = parts.pods.spark_pod(row.slug, row.id)
    if pod is None or not pod.ip:
        raise pod_unknown()
    return f"sc://{pod.ip}:{PORT}"


def is_sparks(session: Session, session_id: str, nonce: str) -> SparkRow | None:
    """The server's row when the nonce is its."""
    row = session.scalar(select(SparkRow).where(SparkRow.session_id == session_id).with_for_update())
    return row if row is not None and secrets.compare_digest(row.nonce_hash, digest(nonce)) else None


def claim_spark(
    session: Session, parts: Parts, row: WorkspaceSession, *, address: str, event: AuditEvent
) -> dict[str, str]:
    """The server's own S3 key, once, to the pod that the API server shows at that address; raises as ``claim``."""
    server = session.get(SparkRow, row.id)
    pod = parts.pods.spark_pod(row.slug, row.id)
    if server is None or server.claimed_at is not None:
        raise claim_refused()
    if pod is None or not pod.ip:
        raise pod_unknown()
    if pod.ip != address:
        raise claim_refused()
    key = parts.store.create_session_user(row.slug, row.id + SPARK_SUFFIX)
    server.claimed_at = parts.clock()
    record(session, replace(event, project=row.slug, target=row.id, detail={"s3_user": key.access_key}), parts.clock)
    return spark_files(key, parts.facts)


__all__ = [
    "claim_spark",
    "ensure_servers",
    "is_sparks",
    "pod_name",
    "spark_address",
    "wants_spark",
]

"""The composition root of the worker: what one domain needs of another, filled in (docs/architecture.md, Layers)."""

from collections.abc import Iterable, Mapping

from sqlalchemy import select

from tre.api.workspaces import parts_of as session_parts
from tre.audit.events import AuditEvent
from tre.core.people import system
from tre.egress import neighbours as egress_neighbours
from tre.egress import service as egress
from tre.egress.models import Release
from tre.projects.archive import Archivist
from tre.projects.certificate import Certifier
from tre.projects.procedures import World, actions
from tre.projects.runner import Runner
from tre.sessions import service as sessions
from tre.sessions.tokens import drop_service_token, set_service_token
from tre.worker.process import Process

WORKER = system("worker")
_RELEASED_MAX = 2 << 30  # a released file is copied to the archive through memory; none is larger by policy


def build_runner(process: Process) -> Runner:
    """The runner of procedures over the real world."""
    return Runner(process.services.db, actions(build_world(process)), process.services.clock)


def build_world(process: Process) -> World:
    """The three providers, and what sessions and exports do when a project ends."""
    services = process.services
    evidence = (lambda slug: release_records(process, slug), lambda slug: released_files(process, slug))
    return World(
        kubernetes=process.providers.kubernetes,
        objectstore=process.providers.objectstore,
        vault=process.providers.vault,
        desired=process.desired,
        check_capacity=process.check_capacity,
        check_isolation=process.check_isolation,
        keep_facts=lambda slug, facts: keep_service_token(process, slug, facts),
        end_sessions=lambda slug: end_sessions(process, slug),
        withdraw_requests=lambda slug: withdraw_requests(process, slug),
        archive=Archivist(services.db, services.store, services.vault, evidence, services.clock),
        certify=Certifier(services.db, services.vault, services.clock),
    )


def keep_service_token(process: Process, slug: str, _facts: Mapping[str, str]) -> None:
    """Tell the hub API which token the project's hub presents; only its hash is kept."""
    token = process.providers.kubernetes.service_token(slug)
    if token is None:
        return
    with process.services.db.transaction() as session:
        event = AuditEvent("hub.token.set", WORKER, project=slug)
        set_service_token(session, slug, token, event=event, clock=process.services.clock)


def end_sessions(process: Process, slug: str) -> int:
    """End every session of the project and forget its hub's token."""
    parts = session_parts(process.services)
    with process.services.db.transaction() as session:
        event = AuditEvent("session.end", WORKER, project=slug)
        ended = sessions.end_all(session, parts, sessions.Scope(slug=slug), reason="project-closing", event=event)
        drop_service_token(session, slug, event=AuditEvent("hub.token.drop", WORKER, project=slug))
    return ended


def withdraw_requests(process: Process, slug: str) -> int:
    """Withdraw what is still open, with the reason on each request."""
    parts = egress_neighbours.parts_of(process.services)
    with process.services.db.transaction() as session:
        event = AuditEvent("egress.withdraw", WORKER, project=slug)
        return len(egress.withdraw_open(session, parts, slug, "The project has closed.", event=event))


def release_records(process: Process, slug: str) -> Iterable[tuple[str, bytes]]:
    """The record of each release, and its signature."""
    with process.services.db.transaction() as session:
        rows = session.scalars(select(Release).where(Release.slug == slug).order_by(Release.id)).all()
    for row in rows:
        yield f"releases/{row.id}.json", row.record
        yield f"releases/{row.id}.sig", row.signature


def released_files(process: Process, slug: str) -> Iterable[tuple[str, bytes]]:
    """The bytes that left: reviewed and approved, so fit for the archive."""
    bucket = f"tre-{slug}-released"
    for item in process.services.store.list(bucket):
        yield f"released/{item.key}", process.services.store.get(bucket, item.key, max_bytes=_RELEASED_MAX)

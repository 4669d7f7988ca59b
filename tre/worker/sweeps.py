"""The worker's rounds. Each finds its work in the tables, so that losing a job loses nothing (design §2)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import structlog
from sqlalchemy import func, select

from tre.api.workspaces import parts_of as session_parts
from tre.audit.alerts import detect
from tre.audit.detection import load_rules
from tre.audit.events import AuditEvent
from tre.audit.service import record
from tre.core.people import system
from tre.datasets import neighbours as dataset_neighbours
from tre.datasets import worker as datasets
from tre.egress import neighbours as egress_neighbours
from tre.egress import worker as egress
from tre.projects import calendar, store
from tre.projects.models import Project
from tre.projects.states import MOVING, State
from tre.sessions import service as sessions
from tre.sessions.store import open_sessions
from tre.worker import drift
from tre.worker.mail import send_notices, warn
from tre.worker.process import Process
from tre.worker.telling import watch_admission
from tre.worker.wake import wake
from tre.worker.wiring import build_runner

log = structlog.get_logger("tre.worker")
WORKER = system("worker")
SLEEP_AFTER = timedelta(minutes=30)  # of nobody's use: the hub and its gateway are scaled to zero


@dataclass(frozen=True)
class Sweep:
    """A round and how often it is made."""

    name: str
    every: int  # seconds; a divisor of 60
    run: Callable[[Process], object]


def find_procedures(process: Process) -> None:
    """Wake a job for each project that is provisioning or closing; each in its own job, none waits for another."""
    with process.services.db.transaction() as session:
        for project in store.projects_in(session, MOVING):
            wake(session, "reconcile", slug=project.slug)


def reconcile(process: Process, slug: str) -> None:
    """Everything for one project: advance its procedure, or make the world equal to what is rendered."""
    with process.services.db.transaction() as session:
        state = store.get_project(session, slug).state
    if state in MOVING:
        build_runner(process).advance(slug)
    elif state in (State.ACTIVE, State.SUSPENDED):
        drift.reconcile(process, slug)


def act_on_dates(process: Process) -> None:
    """Warn, suspend, announce, close; sessions are ended by the next round of ``end_sessions``."""
    acted = calendar.act(process.services.db, process.services.clock)
    warn(process, acted.warned)


def end_sessions(process: Process) -> int:
    """End sessions whose pod, person or project may no longer work, and revoke what remains of ended ones."""
    with process.services.db.transaction() as session:
        return sessions.sweep(session, session_parts(process.services), event=AuditEvent("session.end", WORKER))


def exports(process: Process) -> int:
    """Check what was submitted, release what was approved."""
    return egress.sweep(process.services.db, egress_neighbours.parts_of(process.services))


def extracts(process: Process) -> int:
    """Check what stewards loaded, lock what was approved."""
    return datasets.sweep(process.services.db, dataset_neighbours.parts_of(process.services))


def watch(process: Process) -> int:
    """Look at freshly sealed events with the detection rules."""
    services = process.services
    return detect(services.db, load_rules(services.settings.policies_dir), services.clock)


def put_to_sleep(process: Process) -> int:
    """Scale to zero the hubs that nobody has used for a while; a visit wakes them."""
    limit = process.services.clock() - SLEEP_AFTER
    with process.services.db.transaction() as session:
        idle = select(Project).where(
            Project.state == State.ACTIVE,
            Project.awake,
            func.coalesce(Project.last_used_at, limit) <= limit,
            Project.state_since < limit,
        )
        asleep = [p for p in session.scalars(idle).all() if not open_sessions(session, slug=p.slug)]
        for project in asleep:
            project.awake = False
            record(session, AuditEvent("project.sleep", WORKER, project.slug, project.id), process.services.clock)
            wake(session, "reconcile", slug=project.slug)
    return len(asleep)


def sweeps(drift_seconds: int) -> tuple[Sweep, ...]:
    """All rounds. Those that make credentials and sessions die come round well within the promised minute."""
    return (
        Sweep("procedures", 5, find_procedures),
        Sweep("sessions", 5, end_sessions),
        Sweep("exports", 3, exports),
        Sweep("extracts", 5, extracts),
        Sweep("dates", 20, act_on_dates),
        Sweep("drift", drift_seconds, drift.sweep),
        Sweep("admission", drift_seconds, watch_admission),
        Sweep("sleep", 60, put_to_sleep),
        Sweep("watch", 10, watch),
        Sweep("mail", 30, send_notices),
    )

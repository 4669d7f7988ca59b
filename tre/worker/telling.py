"""Things that belong to no project: told when they change, by a log line and an audit event, and never touched."""

from collections.abc import Iterable

import structlog
from prometheus_client import Gauge

from tre.audit.events import AuditEvent, Json
from tre.audit.service import record
from tre.core.people import system
from tre.projects.reconciler.admission import AdmissionWatch
from tre.worker.process import Process

log = structlog.get_logger("tre.worker")
ADMISSION = Gauge("tre_admission_changed", "Admission policies that are missing or not as installed")


def watch_admission(process: Process) -> int:
    """Compare the admission policies with the installed ones; putting them right is the installer's."""
    found = AdmissionWatch(process.services.cluster).drift()
    ADMISSION.set(len(found))
    tell(process, "platform.drift", (f"{item.kind}:{item.target}" for item in found))
    return len(found)


def tell(process: Process, action: str, targets: Iterable[str]) -> None:
    """Record ``action`` with the targets when they are not those that were told last; an end is told too."""
    current = frozenset(targets)
    if current == process.told.get(action, frozenset()):
        return
    log.warning(action, count=len(current), targets=sorted(current)[:10])
    with process.services.db.transaction() as session:
        detail: dict[str, Json] = {"targets": [*sorted(current)[:50]], "count": len(current)}
        record(session, AuditEvent(action, system("worker"), detail=detail), process.services.clock)
    process.told[action] = current

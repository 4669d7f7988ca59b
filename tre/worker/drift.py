"""Drift: looked for all the time, shown, alerted, repaired (design §4); and applying what we changed ourselves."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import structlog
from prometheus_client import Counter, Gauge

from tre.audit.events import AuditEvent
from tre.audit.service import record
from tre.core.errors import TreError
from tre.core.people import system
from tre.projects import store
from tre.projects.desired.spec import Desired, ProjectSpec
from tre.projects.observations import observe
from tre.projects.reconciler.providers import Difference
from tre.projects.reconciler.sweep import drift_all
from tre.projects.service import project_spec, project_specs
from tre.projects.states import MOVING, RECONCILED
from tre.worker.process import Process, Rendered
from tre.worker.telling import tell
from tre.worker.wiring import keep_service_token

log = structlog.get_logger("tre.worker")
WORKER = system("worker")
FOUND = Counter("tre_drift_found_total", "Differences found in projects", ["provider"])
NOBODYS = Gauge("tre_namespaces_of_nobody", "Namespaces named like a project's that belong to none")
OPEN = Gauge("tre_drift_open", "Projects that differ from what was rendered")


@dataclass(frozen=True)
class _Books:
    """What the tables say of all projects, read at once: a round over sound projects asks nothing more."""

    specs: Mapping[str, ProjectSpec]
    applied: Mapping[str, str | None]
    unsound: frozenset[str]
    moving: frozenset[str]


def _books(process: Process) -> _Books:
    with process.services.db.transaction() as session:
        projects = store.projects_in(session, RECONCILED)
        return _Books(
            specs=project_specs(session, projects),
            applied={project.slug: project.applied_sha256 for project in projects},
            unsound=store.unsound(session),
            moving=frozenset(f"Namespace/tre-p-{project.slug}" for project in store.projects_in(session, MOVING)),
        )


def sweep(process: Process) -> int:
    """One round over every project that has a place in the world; returns how many differed."""
    facts, books = process.facts(), _books(process)
    wanted: dict[str, Rendered] = {}
    for slug, spec in books.specs.items():
        try:
            wanted[slug] = process.rendered(spec, facts)
        except TreError as error:
            log.error("render-failed", project=slug, code=error.code)
    listed = drift_all(process.providers.all(), [item.desired for item in wanted.values()])
    _orphans(process, listed.pop("", ()), books.moving)
    differing = 0
    for slug, item in wanted.items():
        found = listed.get(slug, ())
        if found or slug in books.unsound or books.applied[slug] != item.mark:
            differing += _guarded(process, item, found)
    OPEN.set(differing)
    return differing


def _orphans(process: Process, extra: Iterable[Difference], moving: frozenset[str]) -> None:
    """Namespaces named like a project's: told, never touched."""
    orphans = [difference.target for difference in extra if difference.target not in moving]
    NOBODYS.set(len(orphans))
    tell(process, "platform.nobodys", orphans)


def reconcile(process: Process, slug: str) -> None:
    """The same for one project, at once: what a wake asks for."""
    facts = process.facts()
    with process.services.db.transaction() as session:
        spec = project_spec(session, slug)
    item = process.rendered(spec, facts)
    look_at(process, item, drift_of(process, item.desired))


def _guarded(process: Process, item: Rendered, found: Iterable[Difference]) -> bool:
    """One project that fails must not stop the others."""
    try:
        return look_at(process, item, found)
    except TreError as error:
        log.error("reconcile-failed", project=item.desired.slug, code=error.code)
    except Exception as error:
        log.exception("reconcile-crashed", project=item.desired.slug, cause=type(error).__name__)
    return True


def look_at(process: Process, item: Rendered, found: Iterable[Difference]) -> bool:
    """Apply our own change, or write down and repair what others changed; True when something differed."""
    desired = item.desired
    with process.services.db.transaction() as session:
        ours = store.get_project(session, desired.slug).applied_sha256 != item.mark
    if ours:
        _apply(process, desired, item.mark)
        return False
    seen = list(found)
    if not _note(process, desired.slug, seen):
        return False
    _repair(process, desired, [item for item in seen if item.provider == "kubernetes"])
    _note(process, desired.slug, drift_of(process, desired))
    return True


def drift_of(process: Process, desired: Desired) -> list[Difference]:
    """What differs in one project now."""
    return [item for provider in process.providers.all() for item in provider.drift(desired)]


def _apply(process: Process, desired: Desired, mark: str) -> None:
    for provider in (process.providers.vault, process.providers.objectstore, process.providers.kubernetes):
        outcome = provider.ensure(desired)
        if outcome.facts:
            keep_service_token(process, desired.slug, outcome.facts)
    with process.services.db.transaction() as session:
        project = store.get_project(session, desired.slug, lock=True)
        project.applied_sha256 = mark
        event = AuditEvent("project.apply", WORKER, project.slug, project.id, detail={"sha256": mark})
        record(session, event, process.services.clock)


def _repair(process: Process, desired: Desired, kubernetes: list[Difference]) -> None:
    process.providers.vault.ensure(desired)
    process.providers.objectstore.ensure(desired)
    process.providers.kubernetes.repair(desired, kubernetes)
    keep_service_token(process, desired.slug, {})


def _note(process: Process, slug: str, found: list[Difference]) -> bool:
    """Write down what is there now; True when anything is."""
    with process.services.db.transaction() as session:
        open_before = bool(store.open_drift(session, slug))
        if not found and not open_before:
            return False
        store.get_project(session, slug, lock=True)  # a wake may look at the same moment: one finding, one alert
        event = AuditEvent("project.drift", WORKER, slug)
        for row in observe(session, slug, found, event=event, clock=process.services.clock):
            FOUND.labels(row.provider).inc()
            log.warning("drift", project=slug, provider=row.provider, kind=row.kind, target=row.target)
    return bool(found)

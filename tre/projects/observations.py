"""Keeping what a drift sweep saw: found once, shown while it lasts, closed when repaired, alerted (design §4, T3)."""

from collections.abc import Iterable
from dataclasses import replace

from sqlalchemy.orm import Session

from tre.audit.events import AuditEvent
from tre.audit.service import record
from tre.core.clock import Clock, system_clock
from tre.core.ids import new_id
from tre.projects.models import DriftFinding
from tre.projects.reconciler.providers import Difference
from tre.projects.store import open_drift

_Key = tuple[str, str, str, str]


def _key(item: Difference | DriftFinding) -> _Key:
    return (item.provider, item.kind, item.target, item.path)


def observe(
    session: Session, slug: str, seen: Iterable[Difference], *, event: AuditEvent, clock: Clock = system_clock
) -> list[DriftFinding]:
    """Write down the differences that are new, as one ``project.drift`` event (the alert); returns the new ones.

    Differences that were open and are seen no more are closed as repaired.
    """
    known = {_key(row): row for row in open_drift(session, slug)}
    current = {_key(item): item for item in seen}
    new = [_finding(slug, item, clock) for key, item in current.items() if key not in known]
    session.add_all(new)
    gone = [row for key, row in known.items() if key not in current]
    for row in gone:
        row.repaired_at = clock()
    if new:
        targets: list[str] = sorted({f"{row.provider}:{row.kind}:{row.target}" for row in new})
        record(session, replace(event, project=slug, detail={**event.detail, "targets": list(targets)}), clock)
    if gone:
        repaired = replace(event, action="project.drift.repaired", project=slug, detail={"count": len(gone)})
        record(session, repaired, clock)
    return new


def _finding(slug: str, item: Difference, clock: Clock) -> DriftFinding:
    return DriftFinding(
        id=new_id("dft"), project_slug=slug, provider=item.provider, kind=item.kind, target=item.target,
        path=item.path, wanted=item.wanted[:500], found=item.found[:500], seen_at=clock(),
    )  # fmt: skip

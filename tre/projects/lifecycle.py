"""The verbs of a project's life. Each checks who, then state, then guards, and records its event with the change."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

from sqlalchemy.orm import Session

from tre.audit.events import AuditEvent, Json
from tre.audit.service import record
from tre.core.clock import Clock, system_clock
from tre.core.errors import Forbidden, Invalid, TreError
from tre.core.ids import new_id
from tre.projects import store
from tre.projects.models import Project, Step
from tre.projects.permissions import check_may_use, may
from tre.projects.policies import GUARDS, Situation
from tre.projects.states import TRANSITIONS, Verb, transition
from tre.projects.steps import CLOSE, PROCEDURES, PROVISION, UNDO, Procedure, Status

BACKUP_DAYS = 90  # the last backup that holds a destroyed key expires this long after (stated on the certificate)
# Lowest and highest of each: hub, gateway and one notebook have to fit in; nobody asks for more than a machine room.
CAPACITY_LIMITS: Mapping[str, tuple[int, int]] = {
    "cpu": (4, 64), "memory_gib": (4, 512), "pods": (8, 200), "home_total_gib": (5, 2000), "work_gib": (1, 5000),
}  # fmt: skip


@dataclass(frozen=True)
class _Change:
    """A verb, and what it does besides moving the state."""

    verb: Verb
    reason: str = ""
    detail: Mapping[str, Json] | None = None
    procedure: Procedure | None = None


def situation(session: Session, project: Project, event: AuditEvent, today: date) -> Situation:
    """What the guards look at, read from the tables."""
    certificate = store.certificate(session, project.slug)
    return Situation(
        actor=event.actor,
        today=today,
        steps_done=steps_done(session, project),
        certificate_issued=certificate is not None,
        backups_expire_on=certificate.issued_at.date() + timedelta(days=BACKUP_DAYS) if certificate else None,
    )


def current_run(session: Session, slug: str, procedure: str) -> list[Step]:
    """The steps of the newest run of a procedure, in order."""
    rows = store.steps(session, slug, procedure)
    newest = max((row.run for row in rows), default=0)
    return sorted((row for row in rows if row.run == newest), key=lambda row: row.ordinal)


def steps_done(session: Session, project: Project) -> bool:
    """True when every step of the procedure that the state is about is done."""
    name = {"provisioning": PROVISION.name, "closing": CLOSE.name}.get(project.state)
    rows = current_run(session, project.slug, name) if name else []
    return bool(rows) and all(row.status == Status.DONE for row in rows)


def start_procedure(session: Session, slug: str, procedure: Procedure) -> None:
    """Write the rows of a new run, all waiting; the caller records the event."""
    run = max((row.run for row in store.steps(session, slug, procedure.name)), default=0) + 1
    session.add_all(
        Step(id=new_id("stp"), project_slug=slug, procedure=procedure.name, run=run, ordinal=ordinal, name=name)
        for ordinal, name in enumerate(PROCEDURES[procedure.name].steps)
    )
    session.flush()


def _move(session: Session, slug: str, change: _Change, *, event: AuditEvent, clock: Clock) -> Project:
    check_may_use(event.actor, change.verb)
    project = store.get_project(session, slug, lock=True)
    row = transition(project.state, change.verb)
    if not may(event.actor, row):
        raise Forbidden("role-missing", "Your role may not do this from this state.", "Ask somebody who may.")
    facts = situation(session, project, event, clock().date())
    for name in row.guards:
        GUARDS[name](project, facts)
    previous = project.state
    if row.target is not previous:
        project.state, project.state_since, project.state_reason = row.target, clock(), change.reason
    if change.procedure is not None:
        start_procedure(session, slug, change.procedure)
    detail = {**event.detail, **(change.detail or {}), "from": previous, "to": row.target}
    if change.reason:
        detail["reason"] = change.reason
    record(session, replace(event, project=slug, target=project.id, detail=detail), clock)
    return project


def acknowledge_capacity(
    session: Session, slug: str, capacity: Mapping[str, int], *, event: AuditEvent, clock: Clock = system_clock
) -> Project:
    """Set the project's quota and keep who acknowledged it. Raises Invalid ``capacity-invalid``."""
    check_may_use(event.actor, Verb.PROVISION)
    for name, value in capacity.items():
        low, high = CAPACITY_LIMITS.get(name, (1, 0))
        if not low <= value <= high:
            known = ", ".join(f"{key} {bottom} to {top}" for key, (bottom, top) in CAPACITY_LIMITS.items())
            raise Invalid("capacity-invalid", f"The quota {name[:20]!a} is not understood.", f"Give {known}.")
    project = store.get_project(session, slug, lock=True)
    project.capacity = dict(capacity)
    project.capacity_acknowledged_by = event.actor.person_id or event.actor.label
    record(session, replace(event, project=slug, target=project.id, detail={**event.detail, **capacity}), clock)
    return project


def provision(session: Session, slug: str, *, event: AuditEvent, clock: Clock = system_clock) -> Project:
    """Start provisioning. A second call finds the state changed: Conflict ``transition-refused``."""
    return _move(session, slug, _Change(Verb.PROVISION, procedure=PROVISION), event=event, clock=clock)


def activate(session: Session, slug: str, *, event: AuditEvent, clock: Clock = system_clock) -> Project:
    """The worker's last act of provisioning. Raises Conflict while a step is not done, or out of force, or frozen."""
    return _move(session, slug, _Change(Verb.ACTIVATE), event=event, clock=clock)


def undo(session: Session, slug: str, *, event: AuditEvent, clock: Clock = system_clock) -> None:
    """Begin to undo a provisioning that failed for good; the state stays until everything is gone."""
    check_may_use(event.actor, Verb.FAIL)
    start_procedure(session, slug, UNDO)
    record(session, replace(event, project=slug), clock)


def fail(session: Session, slug: str, reason: str, *, event: AuditEvent, clock: Clock = system_clock) -> Project:
    """Provisioning failed and everything was undone."""
    return _move(session, slug, _Change(Verb.FAIL, reason), event=event, clock=clock)


def suspend(session: Session, slug: str, reason: str, *, event: AuditEvent, clock: Clock = system_clock) -> Project:
    """Stop work at once; data is kept. The worker ends sessions and credentials within a minute."""
    return _move(session, slug, _Change(Verb.SUSPEND, reason), event=event, clock=clock)


def resume(session: Session, slug: str, *, event: AuditEvent, clock: Clock = system_clock) -> Project:
    """Let work go on; needs an authorisation in force. A freeze stays: it is cleared by two people only."""
    return _move(session, slug, _Change(Verb.RESUME), event=event, clock=clock)


def announce_closing(
    session: Session, slug: str, last_export_on: date, *, event: AuditEvent, clock: Clock = system_clock
) -> Project:
    """Tell the project the last day for exports. Raises Invalid ``last-export-past``."""
    if last_export_on < clock().date():
        raise Invalid("last-export-past", "The last-export date is in the past.", "Give today or a later day.")
    detail: dict[str, Json] = {"last_export_on": last_export_on.isoformat()}
    project = _move(session, slug, _Change(Verb.ANNOUNCE_CLOSING, detail=detail), event=event, clock=clock)
    project.last_export_on = last_export_on
    return project


def close(session: Session, slug: str, *, event: AuditEvent, clock: Clock = system_clock) -> Project:
    """Start closing, once the announced date has come; it cannot be taken back."""
    return _move(session, slug, _Change(Verb.CLOSE, procedure=CLOSE), event=event, clock=clock)


def destroyed(session: Session, slug: str, *, event: AuditEvent, clock: Clock = system_clock) -> Project:
    """Closing is done: the certificate is issued and nothing is left."""
    return _move(session, slug, _Change(Verb.DESTROYED), event=event, clock=clock)


def archive(session: Session, slug: str, *, event: AuditEvent, clock: Clock = system_clock) -> Project:
    """The last backup that could hold the key has expired."""
    return _move(session, slug, _Change(Verb.ARCHIVE), event=event, clock=clock)


def abandon(session: Session, slug: str, *, event: AuditEvent, clock: Clock = system_clock) -> Project:
    """End a project that never had anything in the world; its name stays taken."""
    return _move(session, slug, _Change(Verb.ABANDON, "abandoned"), event=event, clock=clock)


def allowed_actions(session: Session, project: Project, event: AuditEvent, today: date) -> list[str]:
    """The verbs that this actor could use now, guards included; what the interfaces offer."""
    facts = situation(session, project, event, today)
    allowed = []
    for row in TRANSITIONS:
        if row.source is project.state and may(event.actor, row) and _passes(project, row.guards, facts):
            allowed.append(row.verb.value)
    return allowed


def _passes(project: Project, guards: tuple[str, ...], facts: Situation) -> bool:
    try:
        for name in guards:
            GUARDS[name](project, facts)
    except TreError:
        return False
    return True

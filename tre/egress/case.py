"""A request with what decisions about it need, and the two ways in which it changes: a state, a log entry."""

from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from tre.audit.events import AuditEvent, Json
from tre.audit.service import record
from tre.core.clock import Clock
from tre.core.ids import new_id
from tre.egress import store
from tre.egress.contracts import Parts, ProjectView
from tre.egress.models import File, Notice, Request, Step
from tre.egress.states import FILE, REQUEST


@dataclass(frozen=True)
class Case:
    """A request under lock, its project, and the parts that verbs reach."""

    session: Session
    parts: Parts
    request: Request
    project: ProjectView

    @property
    def files(self) -> list[File]:
        """Its active files."""
        return store.files(self.session, self.request.id)


def open_case(session: Session, parts: Parts, request_id: str) -> Case:
    """Lock the request; raises NotFound."""
    request = store.get_request(session, request_id, lock=True)
    return Case(session, parts, request, parts.projects.view(session, request.slug))


def log(case: Case, event: AuditEvent, action: str, **detail: Json) -> str:
    """Record the caller's event on this request; ``action`` is the verb's own, whatever the caller wrote."""
    full = replace(
        event, action=action, project=case.request.slug, target=case.request.id, detail={**event.detail, **detail}
    )
    case.request.revision += 1
    return record(case.session, full, case.parts.clock)


def advance(case: Case, event: AuditEvent, verb: str, target: str, reason: str | None = None) -> None:
    """Move the request along its table and note the step; raises Conflict when the table has no such arrow."""
    source = case.request.state
    case.request.state = REQUEST.move(source, verb, target)
    case.session.add(
        Step(
            request_id=case.request.id,
            at=case.parts.clock(),
            verb=verb,
            source=source,
            target=target,
            actor=event.actor.person_id or event.actor.label,
            reason=reason,
        )
    )
    case.session.flush()


def move_file(file: File, verb: str, target: str) -> None:
    """Move a file along its table; raises Conflict when the table has no such arrow."""
    file.state = FILE.move(file.state, verb, target)


def notify(case: Case, kind: str, recipient_kind: str, recipient: str) -> None:
    """Put a mail in the outbox: it names the request by id and says nothing of what it holds."""
    notice = Notice(kind=kind, recipient_kind=recipient_kind, recipient=recipient)
    notice.slug, notice.target = case.request.slug, case.request.id
    add_notice(case.session, case.parts.clock, notice)


def add_notice(session: Session, clock: Clock, notice: Notice) -> None:
    """Complete and add a notice."""
    notice.id, notice.created_at, notice.attempts = new_id("not"), clock(), 0
    session.add(notice)

"""Mail about what waits for somebody: a link and a kind, never project data or words that people wrote (design §9)."""

from collections.abc import Iterable

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from tre.audit.events import AuditEvent
from tre.audit.service import record
from tre.core.errors import TreError
from tre.core.people import Role, system
from tre.egress.models import Notice
from tre.platform.mail import Mailer
from tre.projects import store
from tre.projects.dates import Action
from tre.projects.people.models import Person, RoleGrant
from tre.worker.process import Process

log = structlog.get_logger("tre.worker")
_BATCH, _ATTEMPTS = 100, 10
_SUBJECT = "Une action vous attend / Something waits for you"
_TEXT = """Bonjour,

Une information ou une action vous attend sur la plateforme : {url}
Something waits for you on the platform: {url}

{organisation} - {contact}
"""


def send_notices(process: Process) -> int:
    """Send what the outbox holds; a mail that fails is tried again, ten times at most."""
    mailer = Mailer(process.services.settings)
    if not mailer.enabled:
        return 0
    sent = 0
    with process.services.db.transaction() as session:
        waiting = select(Notice).where(Notice.sent_at.is_(None), Notice.attempts < _ATTEMPTS).limit(_BATCH)
        rows = session.scalars(waiting.with_for_update(skip_locked=True)).all()
        for row in rows:
            sent += _send(process, mailer, row, _addresses(session, row))
        if rows:
            event = AuditEvent("mail.sent", system("worker"), detail={"tried": len(rows), "sent": sent})
            record(session, event, process.services.clock)
    return sent


def _send(process: Process, mailer: Mailer, row: Notice, addresses: list[str]) -> bool:
    row.attempts += 1
    try:
        for address in addresses:
            mailer.send(address, _SUBJECT, _text(process))
    except TreError as error:
        log.warning("mail-failed", code=error.code, notice=row.id)
        return False
    row.sent_at = process.services.clock()
    return True


def _addresses(session: Session, row: Notice) -> list[str]:
    """To whom: a person, everybody who holds a role, or the producer's address itself."""
    if row.recipient_kind == "producer":
        return [row.recipient] if "@" in row.recipient else []
    query = select(Person.email).where(Person.frozen_at.is_(None))
    if row.recipient_kind == "role":
        held = RoleGrant.confirmed_at.is_not(None) & RoleGrant.revoked_at.is_(None)
        query = query.join(RoleGrant, RoleGrant.person_id == Person.id).where(
            RoleGrant.role == Role(row.recipient), held
        )
    else:
        query = query.where(Person.id == row.recipient)
    return sorted({address for address in session.scalars(query) if address})


def _text(process: Process) -> str:
    settings = process.services.settings
    return _TEXT.format(url=settings.public_url, organisation=settings.organisation, contact=settings.support_contact)


def warn(process: Process, actions: Iterable[Action]) -> None:
    """Mail the people whom a coming date is about: the person, or the leads of the project."""
    mailer = Mailer(process.services.settings)
    if not mailer.enabled:
        return
    for action in actions:
        with process.services.db.transaction() as session:
            addresses = _concerned(session, action)
        for address in addresses:
            try:
                mailer.send(address, _SUBJECT, _text(process))
            except TreError as error:
                log.warning("mail-failed", code=error.code)


def _concerned(session: Session, action: Action) -> list[str]:
    person = session.get(Person, action.subject)
    if person is not None:
        return [person.email] if person.email else []
    leads = [member.person_id for member in store.members(session, action.subject) if member.lead]
    return sorted(filter(None, session.scalars(select(Person.email).where(Person.id.in_(leads)))))

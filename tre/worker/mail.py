"""Mail about what waits for somebody: a link and a kind, never project data or words that people wrote (design §9)."""

from collections.abc import Iterable

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from tre.core.errors import TreError
from tre.egress.neighbours import FromPeople
from tre.egress.notices import Post, send_due
from tre.platform.mail import Mailer
from tre.projects import store
from tre.projects.dates import Action
from tre.projects.people.models import Person
from tre.worker.process import Process

log = structlog.get_logger("tre.worker")
_SUBJECT = "Une action vous attend / Something waits for you"
_TEXT = """Bonjour,

Une information ou une action vous attend sur la plateforme : {url}
Something waits for you on the platform: {url}

{organisation} - {contact}
"""


def send_notices(process: Process) -> int:
    """Send what the outbox of exports holds."""
    settings = process.services.settings
    return send_due(
        process.services.db, Post(Mailer(settings), FromPeople(), settings.public_url, process.services.clock)
    )


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

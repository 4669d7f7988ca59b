"""One-use tickets: how a person who is signed in at the control plane enters one project's hub (design §2)."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from tre.audit.events import AuditEvent
from tre.audit.service import record
from tre.sessions.contracts import Parts
from tre.sessions.errors import ticket_invalid
from tre.sessions.models import TicketRow
from tre.sessions.permissions import check_may_work
from tre.sessions.tokens import digest, new_token

TICKET_LIFE = timedelta(seconds=60)


@dataclass(frozen=True)
class Entrant:
    """Whom a redeemed ticket lets in; ``slug`` is the hub's user name."""

    person_id: str
    slug: str
    display_name: str


def issue_ticket(session: Session, parts: Parts, slug: str, person_id: str, *, event: AuditEvent) -> str:
    """A ticket for this person and this project, valid once and for a minute.

    Raises what ``check_may_work`` raises: outsiders get NotFound, hindered members Forbidden with the reason.
    """
    check_may_work(parts.gate.standing(session, slug, person_id, parts.clock().date()))
    ticket, now = new_token(), parts.clock()
    session.add(
        TicketRow(
            ticket_hash=digest(ticket),
            slug=slug,
            person_id=person_id,
            issued_at=now,
            expires_at=now + TICKET_LIFE,
            redeemed_at=None,
        )
    )
    parts.gate.touch(session, slug, now)
    record(session, event, parts.clock)
    return ticket


def redeem_ticket(session: Session, parts: Parts, slug: str, ticket: str, *, event: AuditEvent) -> Entrant:
    """Use a ticket up, on behalf of the hub of ``slug``; raises Unauthorised ``ticket-invalid`` for every doubt."""
    row = session.scalar(select(TicketRow).where(TicketRow.ticket_hash == digest(ticket)).with_for_update())
    now = parts.clock()
    if row is None or row.slug != slug or row.redeemed_at is not None or row.expires_at <= now:
        raise ticket_invalid()
    standing = check_may_work(parts.gate.standing(session, slug, row.person_id, now.date()))
    row.redeemed_at = now
    record(session, event, parts.clock)
    return Entrant(standing.person_id, standing.person_slug, standing.display_name)

"""What stands between a person and work today: terms of use, training, a freeze (T14, SATRE 1.5.02 and 1.6.03)."""

import hashlib
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tre.audit.events import AuditEvent
from tre.audit.service import record
from tre.core.clock import Clock, system_clock
from tre.core.errors import Conflict, Forbidden, Invalid
from tre.core.ids import new_id
from tre.projects.people.models import TermsAcceptance, TermsVersion, Training
from tre.projects.people.permissions import check_may_administer_people
from tre.projects.people.store import get_person


@dataclass(frozen=True)
class NewTerms:
    """A text to publish, and the day from which it has to be accepted."""

    version: str
    body: str
    effective_on: date


@dataclass(frozen=True)
class TrainingRecord:
    """A certificate of training, ours or another's."""

    issuer: str
    reference: str
    valid_until: date


def publish_terms(session: Session, new: NewTerms, *, event: AuditEvent, clock: Clock = system_clock) -> TermsVersion:
    """Publish a version of the terms, to be accepted from its date on. Raises Conflict ``terms-published``."""
    if event.actor.kind != "system":
        check_may_administer_people(event.actor)
    digest = hashlib.sha256(new.body.encode()).hexdigest()
    known = session.get(TermsVersion, new.version)
    if known is not None:
        if known.text_sha256 == digest:
            return known
        raise Conflict("terms-published", "This version has another text already.", "Give the new text a new version.")
    terms = TermsVersion(
        version=new.version, text_sha256=digest, body=new.body, effective_on=new.effective_on, published_at=clock()
    )
    session.add(terms)
    record(session, replace(event, target=new.version, detail={**event.detail, "text_sha256": digest}), clock)
    return terms


def current_terms(session: Session, on: date) -> TermsVersion | None:
    """The newest version in effect, or None when none was ever published."""
    query = select(TermsVersion).where(TermsVersion.effective_on <= on)
    return session.scalar(query.order_by(TermsVersion.effective_on.desc(), TermsVersion.published_at.desc()).limit(1))


def accept_terms(
    session: Session, person_id: str, version: str, *, event: AuditEvent, clock: Clock = system_clock
) -> TermsAcceptance:
    """Record that the person accepted the current text. Raises Invalid ``terms-outdated`` for any other version."""
    terms = current_terms(session, clock().date())
    if terms is None or terms.version != version:
        raise Invalid("terms-outdated", "These are not the current terms.", "Read and accept the current version.")
    known = session.get(TermsAcceptance, (person_id, version))
    if known is not None:
        return known
    acceptance = TermsAcceptance(
        person_id=person_id, version=version, text_sha256=terms.text_sha256, accepted_at=clock()
    )
    session.add(acceptance)
    detail = {**event.detail, "version": version, "text_sha256": terms.text_sha256}
    record(session, replace(event, target=person_id, detail=detail), clock)
    return acceptance


def record_training(
    session: Session, person_id: str, training: TrainingRecord, *, event: AuditEvent, clock: Clock = system_clock
) -> Training:
    """Record a certificate for somebody else; raises Forbidden ``own-training``, Invalid ``training-incomplete``."""
    check_may_administer_people(event.actor)
    if event.actor.person_id == person_id:
        raise Forbidden("own-training", "Nobody records their own training.", "Ask another agent.")
    if not training.issuer.strip() or not training.reference.strip():
        raise Invalid("training-incomplete", "Issuer and reference are needed.", "Give both, as on the certificate.")
    person = get_person(session, person_id)
    row = Training(
        id=new_id("trn"), person_id=person.id, issuer=training.issuer, reference=training.reference,
        valid_until=training.valid_until, recorded_by=event.actor.person_id or event.actor.label, recorded_at=clock(),
    )  # fmt: skip
    session.add(row)
    detail = {**event.detail, "person": person.id, "valid_until": training.valid_until.isoformat()}
    record(session, replace(event, target=row.id, detail=detail), clock)
    return row


def training_valid_until(session: Session, person_id: str) -> date | None:
    """The last day on which some training of the person counts."""
    return session.scalar(select(func.max(Training.valid_until)).where(Training.person_id == person_id))


def obstacles(session: Session, person_id: str, on: date) -> list[str]:
    """Codes of what keeps the person from working on that day; empty when nothing does."""
    found = []
    if get_person(session, person_id).frozen_at is not None:
        found.append("person-frozen")
    terms = current_terms(session, on)
    if terms is not None and session.get(TermsAcceptance, (person_id, terms.version)) is None:
        found.append("terms-not-accepted")
    until = training_valid_until(session, person_id)
    if until is None or until < on:
        found.append("training-expired")
    return found


_SAY = {
    "person-frozen": ("Your access is frozen.", "Ask the security officer."),
    "terms-not-accepted": (
        "You have not accepted the current terms of use.",
        "Read and accept them on your home page.",
    ),
    "training-expired": ("Your training is missing or has expired.", "Send your new certificate to an agent."),
}


def check_may_work(session: Session, person_id: str, on: date) -> None:
    """Raises Forbidden with the code of the first of ``obstacles``."""
    for code in obstacles(session, person_id, on):
        message, remedy = _SAY[code]
        raise Forbidden(code, message, remedy)

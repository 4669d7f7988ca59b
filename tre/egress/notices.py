"""Mails of handovers: a sentence, an address on our own pages, and nothing of a project's data or people's words."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from tre.audit.events import AuditEvent, Json, Outcome
from tre.audit.service import record
from tre.core.clock import Clock
from tre.core.errors import TreError
from tre.core.people import system
from tre.egress.contracts import Transactions
from tre.egress.models import Notice

_log = structlog.get_logger("tre.egress")
_MAX_ATTEMPTS = 20
_BATCH = 100

# kind -> (subject, sentence); French first, as the pages are
_WORDS = {
    "signature-wanted": ("Demande de sortie à signer", "Une demande de sortie attend votre signature."),
    "review-wanted": ("Demande de sortie à relire", "Une demande de sortie attend deux relecteurs."),
    "third-wanted": ("Troisième relecture demandée", "Deux relecteurs diffèrent : un troisième doit trancher."),
    "votes-differ": ("Avis différents", "Vos avis diffèrent : chacun peut changer le sien une fois."),
    "exception-wanted": ("Dérogation à examiner", "Une dérogation attend l'avis de la sécurité."),
    "returned": ("Demande de sortie à corriger", "Votre demande de sortie vous est rendue, avec les raisons."),
    "rejected": ("Demande de sortie refusée", "Votre demande de sortie est refusée ; les raisons y figurent."),
    "held": ("Contrôle automatique interrompu", "Le contrôle d'une demande de sortie n'a pas pu aboutir."),
    "reopened": ("Relecture rouverte", "De nouveaux constats rouvrent une demande que vous aviez approuvée."),
    "released": ("Fichiers disponibles", "Les fichiers approuvés de votre demande peuvent être téléchargés."),
    "revoked": ("Sortie révoquée", "Le téléchargement de fichiers sortis a été révoqué."),
    "dataset-use": ("Utilisation de vos données", "Un projet va travailler sur vos données."),
    "dataset-result": ("Résultat obtenu avec vos données", "Un projet a sorti un résultat obtenu avec vos données."),
}


class Mailer(Protocol):
    """The part of `tre.platform.mail.Mailer` that is used."""

    def send(self, recipient: str, subject: str, text: str) -> bool: ...


class Addresses(Protocol):
    """Mail addresses: of a person, or of all people who hold a role."""

    def of_person(self, session: Session, person_id: str) -> str | None: ...

    def of_role(self, session: Session, role: str) -> Sequence[str]: ...


@dataclass(frozen=True)
class Post:
    """What sending needs."""

    mailer: Mailer
    addresses: Addresses
    public_url: str
    clock: Clock


def send_due(db: Transactions, post: Post) -> int:
    """Send what waits in the outbox; returns how many were sent. A failure is tried again, and stops nothing."""
    query = select(Notice.id).where(Notice.sent_at.is_(None), Notice.attempts < _MAX_ATTEMPTS)
    with db.transaction() as session:
        ids = session.scalars(query.order_by(Notice.id).limit(_BATCH)).all()
    return sum(_send(db, post, notice_id) for notice_id in ids)


def _send(db: Transactions, post: Post, notice_id: str) -> bool:
    with db.transaction() as session:
        notice = session.get(Notice, notice_id, with_for_update={"skip_locked": True})
        if notice is None or notice.sent_at is not None:
            return False
        notice.attempts += 1
        mailed = _deliver(session, post, notice)
        sent = mailed is not None
        if sent:
            notice.sent_at = post.clock()
        detail: dict[str, Json] = {"kind": notice.kind, "attempt": notice.attempts, "mailed": mailed}
        outcome: Outcome = "success" if sent else "failed"
        event = AuditEvent("egress.notice", system("worker"), notice.slug, notice.target, outcome, detail)
        record(session, event, post.clock)
        return sent


def _deliver(session: Session, post: Post, notice: Notice) -> int | None:
    """How many mails left (none where mail is switched off); None when the server did not take one."""
    subject, sentence = _WORDS[notice.kind]
    text = f"{sentence}\n\nProjet : {notice.slug}\n{post.public_url}/\n"
    try:
        return sum(post.mailer.send(address, subject, text) for address in _addresses(session, post, notice))
    except TreError as error:
        _log.warning("notice-not-sent", notice=notice.id, code=error.code)
        return None


def _addresses(session: Session, post: Post, notice: Notice) -> list[str]:
    if notice.recipient_kind == "role":
        return list(post.addresses.of_role(session, notice.recipient))
    address = post.addresses.of_person(session, notice.recipient)
    return [address] if address else []

"""The deletion certificate: what was destroyed, when, what the second look found, and what it does not claim (§4)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import rfc8785
from sqlalchemy.orm import Session

from tre.audit.events import AuditEvent
from tre.audit.service import record
from tre.core.clock import Clock, iso, system_clock
from tre.core.people import system
from tre.db.session import Database
from tre.projects import lifecycle, store
from tre.projects.archive import SIGNING_KEY, Signer
from tre.projects.models import DeletionCertificate, Step

DESTRUCTIONS = ("sessions", "requests", "kubernetes", "objectstore", "vault", "key")
# Said on every certificate, because the project's key never covered them.
NOT_CRYPTO_ERASED = (
    "Home volumes: deleted with their namespace; whether the storage under them overwrites freed blocks is the "
    "storage operator's to state.",
    "Memory and temporary files of pods: gone with their pods, not encrypted under the project's key.",
    "Traces, decisions and released files: kept in the locked archive under another key until their term.",
)


@dataclass(frozen=True)
class Certifier:
    """Issues the certificate as the last step of closing; a repetition finds it issued and changes nothing."""

    db: Database
    signer: Signer
    clock: Clock = system_clock

    def __call__(self, slug: str) -> Mapping[str, Any]:
        with self.db.transaction() as session:
            known = store.certificate(session, slug)
            body = known.body if known else rfc8785.dumps(statement(session, slug, self.clock))
        signature, key = self.signer.sign(SIGNING_KEY, body), self.signer.public_key(SIGNING_KEY)
        with self.db.transaction() as session:
            if store.certificate(session, slug) is None:
                issued = DeletionCertificate(
                    project_slug=slug, body=body, signature=signature, public_key=key, issued_at=self.clock()
                )
                session.add(issued)
                event = AuditEvent("project.certificate", system("worker"), slug, detail={"size": len(body)})
                record(session, event, self.clock)
        return {"issued": 1}


def statement(session: Session, slug: str, clock: Clock) -> dict[str, Any]:
    """What is certified, from the rows of the steps that did it."""
    project = store.get_project(session, slug)
    rows = {row.name: row for row in lifecycle.current_run(session, slug, "close")}
    now, current = clock(), project.authorisation
    return {
        "type": "tre-deletion-certificate",
        "v": 1,
        "project": {"slug": slug, "title": project.title, "authorisation": current.reference if current else None},
        "issued_at": iso(now),
        "destroyed": [{"what": name, "at": _when(rows[name])} for name in DESTRUCTIONS if name in rows],
        "second_look": {"at": _when(rows["residue"]), **rows["residue"].result},
        "key": {"name": f"p-{slug}", "destroyed_at": _when(rows["key"])},
        "last_backup_with_key_expires_on": (now.date() + timedelta(days=lifecycle.BACKUP_DAYS)).isoformat(),
        "not_crypto_erased": list(NOT_CRYPTO_ERASED),
        "archive": rows["archive"].result,
    }


def _when(step: Step) -> str | None:
    return iso(step.finished_at) if step.finished_at else None

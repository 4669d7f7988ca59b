"""What outlives a project: authorisations, steps, its slice of the log, and what other domains hand over (T35).

Everything is hashed into one manifest that is signed, so that the archive verifies with standard tools and no service
of ours. Contributors hand over evidence and released files only; nothing of ``inputs`` or ``work`` comes here.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import rfc8785
from sqlalchemy import select
from sqlalchemy.orm import Session

from tre.audit.models import EventRow
from tre.core.clock import Clock, iso, system_clock
from tre.db.session import Database
from tre.projects import store
from tre.projects.models import Authorisation

BUCKET = "tre-archive"
SIGNING_KEY = "certificate"


class Shelf(Protocol):
    """The part of the object store that the archive uses."""

    def put(self, bucket: str, key: str, data: bytes, size: int) -> Any: ...


class Signer(Protocol):
    """The part of Vault that signs."""

    def sign(self, key: str, data: bytes) -> bytes: ...

    def public_key(self, key: str) -> str: ...


Evidence = Callable[[str], Iterable[tuple[str, bytes]]]  # of a project's slug: names in the archive, and bytes


@dataclass(frozen=True)
class Archivist:
    """Writes one project's archive; idempotent, a repetition writes new versions of the same objects."""

    db: Database
    shelf: Shelf
    signer: Signer
    evidence: tuple[Evidence, ...] = ()
    clock: Clock = system_clock

    def __call__(self, slug: str) -> Mapping[str, Any]:
        """Write everything, then the signed manifest; returns its hash and how many files it lists."""
        listed: list[dict[str, Any]] = []
        for name, data in self._files(slug):
            self.shelf.put(BUCKET, f"{slug}/{name}", data, len(data))
            listed.append({"name": name, "sha256": hashlib.sha256(data).hexdigest(), "size": len(data)})
        listed.sort(key=lambda entry: str(entry["name"]))
        manifest = rfc8785.dumps({"v": 1, "project": slug, "written_at": iso(self.clock()), "files": listed})
        self._write(slug, "manifest.json", manifest)
        self._write(slug, "manifest.sig", self.signer.sign(SIGNING_KEY, manifest))
        self._write(slug, "signing-key.pem", self.signer.public_key(SIGNING_KEY).encode())
        return {"manifest_sha256": hashlib.sha256(manifest).hexdigest(), "files": len(listed)}

    def _write(self, slug: str, name: str, data: bytes) -> None:
        self.shelf.put(BUCKET, f"{slug}/{name}", data, len(data))

    def _files(self, slug: str) -> Iterator[tuple[str, bytes]]:
        with self.db.transaction() as session:
            yield "authorisations.json", _authorisations(session, slug)
            yield "steps.json", _steps(session, slug)
            yield "events.jsonl", _events(session, slug)
        for contributor in self.evidence:
            yield from contributor(slug)


def _authorisations(session: Session, slug: str) -> bytes:
    project = store.get_project(session, slug)
    return rfc8785.dumps([_version(version) for version in project.authorisations])


def _version(row: Authorisation) -> dict[str, Any]:
    return {
        "version": row.version, "reference": row.reference, "authority": row.authority, "title": row.title,
        "legal_basis": row.legal_basis, "purpose": row.purpose, "controller": row.controller,
        "public_benefit": row.public_benefit, "starts_on": row.starts_on.isoformat(),
        "ends_on": row.ends_on.isoformat(), "decision_sha256": row.decision_sha256, "recorded_by": row.recorded_by,
        "confirmed_by": row.confirmed_by, "confirmed_at": iso(row.confirmed_at) if row.confirmed_at else None,
        "people": [{"person": p.person_id, "lead": p.lead, "ends_on": p.ends_on.isoformat()} for p in row.people],
        "datasets": [{"dataset": d.dataset, "variables": d.variables} for d in row.datasets],
    }  # fmt: skip


def _steps(session: Session, slug: str) -> bytes:
    return rfc8785.dumps(
        [
            {"procedure": s.procedure, "run": s.run, "step": s.name, "status": s.status, "attempts": s.attempts,
             "finished_at": iso(s.finished_at) if s.finished_at else None, "error": s.error_code}
            for s in store.steps(session, slug)
        ]
    )  # fmt: skip


def _events(session: Session, slug: str) -> bytes:
    bodies = session.scalars(select(EventRow.body).where(EventRow.project == slug).order_by(EventRow.seq))
    return b"".join(body + b"\n" for body in bodies)

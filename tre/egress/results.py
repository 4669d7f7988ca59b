"""What the public register says of results: that they exist, when, under which record; nothing else."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tre.egress.models import Release, ReleasedFile


@dataclass(frozen=True)
class PublicResult:
    """One release. ``record_sha256`` is what the audit log holds of it, so that the two can be compared."""

    id: str
    released_on: date
    files: int
    record_sha256: str


def public_results(session: Session, slugs: Iterable[str]) -> dict[str, list[PublicResult]]:
    """Releases that were not revoked, by project, oldest first. Embargoes are the caller's to apply."""
    counted = (
        select(Release.slug, Release.id, Release.released_at, func.count(ReleasedFile.id), Release.record_sha256)
        .join(ReleasedFile, ReleasedFile.release_id == Release.id)
        .where(Release.slug.in_(list(slugs)), Release.revoked_at.is_(None))
        .group_by(Release.slug, Release.id, Release.released_at, Release.record_sha256)
        .order_by(Release.id)
    )
    found: dict[str, list[PublicResult]] = defaultdict(list)
    for slug, release_id, at, files, digest in session.execute(counted):
        found[slug].append(PublicResult(release_id, at.date(), files, digest))
    return found

"""The files of `work` that a researcher may choose from."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from tre.core.errors import Invalid
from tre.core.filenames import check_name
from tre.core.people import Actor
from tre.egress import permissions
from tre.egress.checks import Policy
from tre.egress.contracts import Parts, bucket

_MOST = 2_000


@dataclass(frozen=True)
class Candidate:
    """A file of the work folder; ``hindrance`` is a code when it could not be submitted as it is."""

    name: str
    size: int
    hindrance: str = ""


def candidates(session: Session, parts: Parts, slug: str, actor: Actor, prefix: str = "") -> list[Candidate]:
    """Files under ``prefix``, by name, at most 2,000; raises NotFound outside the actor's projects."""
    project = parts.projects.view(session, slug)
    permissions.check_member(actor, project)
    limit = Policy.load(project.policy_id).sizes.max_bytes
    found = parts.store.list(bucket(slug, "work"), prefix)
    return [Candidate(item.key, item.size, _hindrance(item.key, item.size, limit)) for item in found[:_MOST]]


def _hindrance(name: str, size: int, limit: int) -> str:
    try:
        check_name(name)
    except Invalid as error:
        return error.code
    if size == 0:
        return "file-empty"
    return "file-too-large" if size > limit else ""

"""Words between the researcher and the reviewers. They are kept in the tables only: the log holds their hash."""

import hashlib
from dataclasses import dataclass

from sqlalchemy.orm import Session

from tre.audit.events import AuditEvent
from tre.core.errors import Forbidden, Invalid
from tre.core.ids import new_id
from tre.core.people import Actor
from tre.egress import permissions, store
from tre.egress.case import log, open_case
from tre.egress.contracts import Parts, ProjectView
from tre.egress.models import Comment, Request
from tre.egress.visibility import Blindness, Words, blindness, sees_comment

_MAX = 4000


@dataclass(frozen=True)
class Said:
    """What somebody writes: on the request, or on one of its files; ``private`` to reviewers, or public."""

    body: str
    private: bool = False
    file_id: str | None = None


def comment(session: Session, parts: Parts, request_id: str, said: Said, *, event: AuditEvent) -> Comment:
    """Add a comment. Raises Invalid when empty or too long, Forbidden when private and of the project's people."""
    case = open_case(session, parts, request_id)
    permissions.check_see_content(event.actor, case.project, case.request)
    inside = permissions.is_named(event.actor, case.project)
    if said.private and inside:
        raise Forbidden("comment-private", "Private comments are between reviewers.", "Write it as a public comment.")
    body = said.body.strip()
    if not body or len(body) > _MAX or "\x00" in body:
        raise Invalid("comment-invalid", f"A comment has 1 to {_MAX} characters.", "Shorten it.")
    if said.file_id is not None:
        store.get_file(session, request_id, said.file_id)
    row = Comment(
        id=new_id("com"), request_id=request_id, file_id=said.file_id, person_id=str(event.actor.person_id),
        private=said.private, body=body, round=case.request.round, at=parts.clock(),
    )  # fmt: skip
    session.add(row)
    digest = hashlib.sha256(body.encode()).hexdigest()
    log(case, event, "egress.comment", comment=row.id, private=row.private, sha256=digest)
    return row


def blindness_of(session: Session, actor: Actor, request: Request, project: ProjectView) -> Blindness:
    """How far the request is open to ``actor``."""
    steps = store.steps(session, request.id)
    last_verb = next((step.verb for step in reversed(steps) if step.target == request.state), "")
    return blindness(request.state, last_verb, request.round, permissions.is_named(actor, project))


def visible(session: Session, actor: Actor, request: Request, project: ProjectView) -> list[Comment]:
    """The comments that ``actor`` reads, oldest first."""
    blind = blindness_of(session, actor, request, project)
    inside = project.members | project.leads | project.named | {request.requester_id}
    return [
        row
        for row in store.comments(session, request.id)
        if sees_comment(actor, Words(row.person_id, row.private, row.person_id not in inside, row.round), blind)
    ]

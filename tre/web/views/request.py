"""The pages of an export request: what the export domain shows to this person, with names instead of ids."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from tre.core.people import Actor
from tre.egress import permissions, store
from tre.egress.contracts import Parts, ProjectView
from tre.egress.models import Release
from tre.egress.views import FileView, FindingView, RequestView, show
from tre.projects.people import people_by_id

MOVING = frozenset({"checking", "approved"})


@dataclass(frozen=True)
class RequestPage:
    """The view of the domain, the project, and names of those that the reader may know."""

    view: RequestView
    project: ProjectView
    actor: Actor
    content: bool
    member: bool
    names: Mapping[str, str]

    def may(self, verb: str) -> bool:
        """What the page offers; the domain decides again when it is done."""
        return verb in self.view.allowed_actions

    @property
    def seated(self) -> bool:
        return self.may("leave")

    @property
    def open(self) -> bool:
        """True once votes are open to reviewers."""
        return self.view.summary.state in {"open", "third", "approved", "released", "rejected"}

    @property
    def moving(self) -> bool:
        """True while the platform acts, so that the page refreshes itself."""
        return self.view.summary.state in MOVING

    def name(self, person_id: str) -> str:
        return self.names.get(person_id, "—")

    def my_vote(self, file: FileView) -> dict[str, Any] | None:
        """This person's last vote that still binds."""
        votes = [vote for vote in file.votes if vote["person_id"] == self.actor.person_id and vote["binds"]]
        return votes[-1] if votes else None

    def answered(self, finding: FindingView) -> bool:
        return any(answer["person_id"] == self.actor.person_id for answer in finding.answers)

    def unanswered(self, file: FileView) -> int:
        """Blocking findings that this reviewer has not answered: an approval waits for them."""
        return sum(1 for finding in file.findings if finding.severity == "block" and not self.answered(finding))


def request_page(session: Session, parts: Parts, actor: Actor, request_id: str) -> RequestPage:
    """Raises NotFound for whoever may not see the request."""
    view = show(session, parts, request_id, actor)
    project = parts.projects.view(session, view.summary.slug)
    request = store.get_request(session, request_id)
    return RequestPage(
        view=view,
        project=project,
        actor=actor,
        content=permissions.may_see_content(actor, project, request),
        member=permissions.is_named(actor, project),
        names={key: person.display_name for key, person in people_by_id(session, _ids(view)).items()},
    )


def _ids(view: RequestView) -> set[str]:
    ids = {view.summary.requester_id, *(comment.person_id for comment in view.comments)}
    ids |= {seat["person_id"] for seat in view.seats}
    ids |= {vote["person_id"] for file in view.files for vote in file.votes}
    ids |= {answer["person_id"] for file in view.files for finding in file.findings for answer in finding.answers}
    return ids | set(view.release.grantees if view.release else ())


def place(location: Mapping[str, Any]) -> str:
    """« sheet · B4 », « l. 12 », « p. 3 »: where, never what."""
    parts = [str(location[key]) for key in ("member", "sheet", "cells", "pointer") if location.get(key)]
    parts += [f"l. {location['line']}"] if location.get("line") else []
    parts += [f"p. {location['page']}"] if location.get("page") else []
    return " · ".join(parts)


def release_of(session: Session, parts: Parts, actor: Actor, release_id: str) -> Release:
    """A release, to whoever may see its request's content; NotFound or Forbidden otherwise."""
    row = store.get_release(session, release_id)
    request = store.get_request(session, row.request_id)
    permissions.check_see_content(actor, parts.projects.view(session, row.slug), request)
    return row

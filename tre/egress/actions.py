"""What a person could do with a request now: the verbs' own checks, asked and not enforced (design §9)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from tre.core.errors import TreError
from tre.core.people import Actor
from tre.egress import permissions, policies
from tre.egress.contracts import ProjectView
from tre.egress.models import Release, Request, Seat

_REVIEWING = frozenset({"review", "open", "third"})


@dataclass(frozen=True)
class Scene:
    """What the answer depends on."""

    actor: Actor
    project: ProjectView
    request: Request
    seats: Sequence[Seat] = ()
    needed: int = 2
    release: Release | None = None
    grantees: frozenset[str] = frozenset()
    now: datetime | None = None

    @property
    def seat(self) -> Seat | None:
        return next((s for s in self.seats if s.person_id == self.actor.person_id), None)


def allowed_actions(scene: Scene) -> list[str]:
    """Names of the verbs, in a fixed order."""
    return [name for name, check in _CHECKS.items() if _passes(check, scene)]


def _passes(check: Callable[[Scene], bool], scene: Scene) -> bool:
    try:
        return check(scene)
    except TreError:
        return False


def _edit(s: Scene) -> bool:
    permissions.check_requester(s.actor, s.request)
    policies.check_verb(s.request, "edit")
    return True


def _submit(s: Scene) -> bool:
    permissions.check_requester(s.actor, s.request)
    permissions.check_member(s.actor, s.project)
    policies.check_verb(s.request, "submit")
    policies.check_submissions_open(s.project)
    return True


def _sign(s: Scene) -> bool:
    permissions.check_lead(s.actor, s.project)
    policies.check_verb(s.request, "sign")
    return True


def _withdraw(s: Scene) -> bool:
    if s.actor.person_id not in s.project.leads:
        permissions.check_requester(s.actor, s.request)
    policies.check_verb(s.request, "withdraw")
    return True


def _claim(s: Scene) -> bool:
    permissions.check_reviewer(s.actor, s.project, s.request)
    policies.check_verb(s.request, "claim")
    policies.check_seat_free(s.seats, s.request, s.needed)
    return s.seat is None


def _seated(s: Scene) -> bool:
    permissions.check_reviewer(s.actor, s.project, s.request)
    return s.request.state in _REVIEWING and s.seat is not None and not s.seat.conflict


def _vote(s: Scene) -> bool:
    seat = s.seat
    return _seated(s) and seat is not None and seat.third == (s.request.state == "third")


def _dispose(s: Scene) -> bool:
    if s.request.state not in _REVIEWING:
        return False
    if s.seat is not None:
        return _seated(s)
    permissions.check_officer(s.actor, s.project, s.request)
    return True


def _recheck(s: Scene) -> bool:
    permissions.check_reviewer(s.actor, s.project, s.request)
    policies.check_verb(s.request, "recheck")
    return True


def _reassign(s: Scene) -> bool:
    permissions.check_officer(s.actor, s.project, s.request)
    return s.request.state in _REVIEWING and any(not seat.conflict for seat in s.seats)


def _comment(s: Scene) -> bool:
    return permissions.may_see_content(s.actor, s.project, s.request)


def _live(s: Scene) -> bool:
    return s.release is not None and s.release.revoked_at is None and (s.now is None or s.now < s.release.expires_at)


def _download(s: Scene) -> bool:
    policies.check_downloads_open(s.project)
    return _live(s) and s.actor.person_id in s.grantees


def _revoke(s: Scene) -> bool:
    if s.release is None or s.release.revoked_at is not None:
        return False
    try:
        permissions.check_officer(s.actor, s.project, s.request)
    except TreError:
        permissions.check_reviewer(s.actor, s.project, s.request)
    return True


def _grant(s: Scene) -> bool:
    permissions.check_lead(s.actor, s.project)
    return _live(s)


_CHECKS: dict[str, Callable[[Scene], bool]] = {
    "edit": _edit,
    "submit": _submit,
    "sign": _sign,
    "decline": _sign,
    "withdraw": _withdraw,
    "claim": _claim,
    "vote": _vote,
    "dispose": _dispose,
    "return": _seated,
    "leave": _seated,
    "declare-conflict": _seated,
    "recheck": _recheck,
    "reassign": _reassign,
    "comment": _comment,
    "download": _download,
    "revoke": _revoke,
    "grant": _grant,
}

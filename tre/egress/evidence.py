"""The facts that decide about a request, read from the sealed log alone (design §7, §8).

Rows of the application's tables can be changed by whoever owns the database; an event in the Merkle tree cannot be
without showing. A release needs both to say the same.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from tre.audit.models import EventRow, LeafRow
from tre.core.errors import Temporary
from tre.egress.case import Case
from tre.egress.contracts import ProjectView
from tre.egress.eligibility import Block, Disposal, Facts, FileFacts
from tre.egress.votes import Ballot, Decision

_LEAF_PREFIX = b"\x00"  # RFC 6962


@dataclass
class _Story:
    """What the events told so far."""

    round: int = 0
    needed: int = 2
    requester: str = ""
    files: tuple[FileFacts, ...] = ()
    ballots: list[Ballot] = field(default_factory=list)
    disposals: list[Disposal] = field(default_factory=list)
    seated: dict[str, bool] = field(default_factory=dict)  # person -> has declared a conflict


def from_log(case: Case) -> Facts:
    """The facts by the log. Raises Temporary ``not-sealed`` while a decision is not in the tree as it is here."""
    story = told(sealed_events(case.session, case.request.id), case.project)
    voters = frozenset(ballot.person_id for ballot in story.ballots)
    entitled = case.parts.projects.reviewers(case.session, voters)
    return replace(story, barred=story.barred | (voters - entitled))


def sealed_events(session: Session, request_id: str) -> list[dict[str, Any]]:
    """The request's successful events in their sealed order."""
    query = (
        select(EventRow.body, LeafRow.position, LeafRow.leaf_hash)
        .outerjoin(LeafRow, LeafRow.event_seq == EventRow.seq)
        .where(EventRow.target == request_id, EventRow.action.in_(_HANDLERS), EventRow.outcome == "success")
    )
    rows = session.execute(query).all()
    for body, position, leaf in rows:
        if position is None or hashlib.sha256(_LEAF_PREFIX + body).digest() != leaf:
            raise Temporary(
                "not-sealed", "A decision on this request is not in the sealed log yet.", "The release waits for it."
            )
    return [json.loads(body) for body, _, _ in sorted(rows, key=lambda row: row[1])]


def told(events: Iterable[dict[str, Any]], project: ProjectView) -> Facts:
    """Fold events into facts; pure."""
    story = _Story()
    for order, event in enumerate(events):
        handler = _HANDLERS.get(event["action"])
        if handler:
            handler(story, event, order)
    free = {person for person, conflict in story.seated.items() if not conflict}
    involved = project.members | project.leads | project.named | {story.requester}
    voters = {ballot.person_id for ballot in story.ballots}
    return Facts(
        round=story.round, files=story.files, ballots=tuple(story.ballots), disposals=tuple(story.disposals),
        barred=frozenset(involved | (voters - free)), needed=story.needed,
    )  # fmt: skip


def _person(event: dict[str, Any]) -> str:
    return str(event["actor"].get("person_id", ""))


def _created(story: _Story, event: dict[str, Any], order: int) -> None:  # noqa: ARG001  # one shape for all handlers
    story.requester = _person(event)


def _submitted(story: _Story, event: dict[str, Any], order: int) -> None:  # noqa: ARG001
    story.round = event["detail"]["round"]
    story.files = ()


def _checked(story: _Story, event: dict[str, Any], order: int) -> None:  # noqa: ARG001
    detail = event["detail"]
    story.needed = detail["needed"]
    story.files = tuple(
        FileFacts(
            item["file"], item["sha256"], item["binding"], tuple(Block(mark, rule) for mark, rule in item["blocks"])
        )
        for item in detail["files"]
    )


def _claimed(story: _Story, event: dict[str, Any], order: int) -> None:  # noqa: ARG001
    story.seated[_person(event)] = event["detail"]["conflict"]


def _conflicted(story: _Story, event: dict[str, Any], order: int) -> None:  # noqa: ARG001
    story.seated[_person(event)] = True


def _left(story: _Story, event: dict[str, Any], order: int) -> None:  # noqa: ARG001
    story.seated.pop(event["detail"]["person"], None)


def _voted(story: _Story, event: dict[str, Any], order: int) -> None:
    d = event["detail"]
    story.ballots.append(
        Ballot(
            d["file"], _person(event), Decision(d["decision"]), d["binding"], d["round"], order, d["tie_break"]
        )
    )  # fmt: skip


def _disposed(story: _Story, event: dict[str, Any], order: int) -> None:  # noqa: ARG001
    d = event["detail"]
    story.disposals.append(Disposal(d["file"], _person(event), d["fingerprint"], d["binding"], d["officer"]))


_HANDLERS = {
    "egress.create": _created,
    "egress.submit": _submitted,
    "egress.checked": _checked,
    "egress.claim": _claimed,
    "egress.conflict": _conflicted,
    "egress.leave": _left,
    "egress.vote": _voted,
    "egress.dispose": _disposed,
}


def same(rows: Facts, log: Facts) -> bool:
    """Whether both tell the same story; the order of ballots is compared as an order, not as numbers."""
    return _plain(rows) == _plain(log)


def _plain(facts: Facts) -> tuple[object, ...]:
    ballots = [(b.file_id, b.person_id, b.decision, b.binding, b.round, b.tie_break) for b in _ordered(facts.ballots)]
    files = sorted(
        (f.file_id, f.sha256, f.binding, tuple(sorted((b.fingerprint, b.rule) for b in f.blocks))) for f in facts.files
    )
    disposals = sorted((d.file_id, d.person_id, d.fingerprint, d.binding, d.officer) for d in facts.disposals)
    return (facts.round, facts.needed, facts.barred, ballots, files, disposals)


def _ordered(ballots: Iterable[Ballot]) -> list[Ballot]:
    return sorted(ballots, key=lambda ballot: ballot.order)

"""What votes say, as pure functions over plain data: who counts, what is settled, what differs (design §7).

A vote binds bytes, context, policy and findings. Nothing is ever reset: a vote whose binding is no longer the file's
simply does not count, so that a resubmission with all four unchanged keeps its approvals, and nothing else does.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

WP29 = ("singling_out", "linkability", "inference")


class Decision(StrEnum):
    APPROVE = "approve"
    CHANGES = "changes"
    REJECT = "reject"


class Outcome(StrEnum):
    INCOMPLETE = "incomplete"
    CONFLICT = "conflict"
    APPROVED = "approved"
    CHANGES = "changes"
    REJECTED = "rejected"


@dataclass(frozen=True)
class Binding:
    """The four things that a decision is about."""

    sha256: str
    context: str
    policy: str
    findings: str

    @property
    def digest(self) -> str:
        """One hash of the four; what rows and log entries carry."""
        return hashlib.sha256(json.dumps([self.sha256, self.context, self.policy, self.findings]).encode()).hexdigest()


@dataclass(frozen=True)
class Ballot:
    """One vote as cast. ``order`` grows with time; ``round`` is the submission it was cast on."""

    file_id: str
    person_id: str
    decision: Decision
    binding: str
    round: int
    order: int
    tie_break: bool = False


def in_force(ballots: Iterable[Ballot], file_id: str, binding: str, round_: int) -> dict[str, Ballot]:
    """Each person's last ballot on the file, when it still counts.

    An approval counts while its binding does; a refusal counts in its own round only, because the requester has
    answered it since (by a comment, a new context or a new file), and the reviewer must look again.
    """
    last: dict[str, Ballot] = {}
    for ballot in sorted((b for b in ballots if b.file_id == file_id), key=lambda b: b.order):
        last[ballot.person_id] = ballot
    return {
        person: ballot
        for person, ballot in last.items()
        if ballot.binding == binding and (ballot.decision is Decision.APPROVE or ballot.round == round_)
    }


def outcome(ballots: Mapping[str, Ballot], needed: int) -> Outcome:
    """What a file's ballots in force decide: ``needed`` people must vote; a tie-break settles a difference."""
    blind = {b.decision for b in ballots.values() if not b.tie_break}
    voters = sum(1 for b in ballots.values() if not b.tie_break)
    if voters < needed:
        return Outcome.INCOMPLETE
    if len(blind) == 1:
        return _settled(next(iter(blind)))
    third = next((b for b in ballots.values() if b.tie_break), None)
    if third is None:
        return Outcome.CONFLICT
    approvals = sum(1 for b in ballots.values() if b.decision is Decision.APPROVE)
    if third.decision is Decision.APPROVE and approvals < needed:
        return Outcome.CHANGES  # the third alone cannot make up for approvals that nobody gave
    return _settled(third.decision)


def _settled(decision: Decision) -> Outcome:
    return {
        Decision.APPROVE: Outcome.APPROVED,
        Decision.CHANGES: Outcome.CHANGES,
        Decision.REJECT: Outcome.REJECTED,
    }[decision]


def approvers(ballots: Mapping[str, Ballot]) -> frozenset[str]:
    """The different people whose approval is in force."""
    return frozenset(person for person, ballot in ballots.items() if ballot.decision is Decision.APPROVE)


def next_state(outcomes: Iterable[Outcome]) -> str | None:
    """Where a request goes once all its files are settled; None while one is not."""
    results = set(outcomes)
    if not results or results & {Outcome.INCOMPLETE, Outcome.CONFLICT}:
        return None
    if Outcome.CHANGES in results:
        return "returned"
    return "approved" if Outcome.APPROVED in results else "rejected"

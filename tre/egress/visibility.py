"""What each person reads of a review: blind until all its reviewers have voted (design §7)."""

from dataclasses import dataclass

from tre.core.people import Actor, Role

_READERS = (Role.REVIEWER, Role.SECURITY_OFFICER, Role.AUDITOR)


@dataclass(frozen=True)
class Blindness:
    """How far a request is opened to whom.

    ``open``: every seated reviewer has voted, so reviewers read each other. ``answered``: the requester has an answer.
    ``project_person``: the reader belongs to the project. ``round``: the submission under way.
    """

    open: bool
    answered: bool
    project_person: bool
    round: int


@dataclass(frozen=True)
class Words:
    """A comment, as far as visibility cares."""

    person_id: str
    private: bool
    by_reviewer: bool
    round: int


def blindness(state: str, last_verb: str, round_: int, project_person: bool) -> Blindness:
    """From a request's state. A request returned early, before all had voted, stays blind for reviewers."""
    settled = state in {"approved", "released", "rejected"}
    return Blindness(
        open=settled or state in {"open", "third"} or (state == "returned" and last_verb == "decide"),
        answered=settled or state in {"returned", "withdrawn"},
        project_person=project_person,
        round=round_,
    )


def sees_votes_of(actor: Actor, person_id: str, blind: Blindness) -> bool:
    """Own votes always; others' once open, and reviewers, security officers and auditors only.

    The project's people never see who voted what: they see the outcome of a file and public comments.
    """
    if blind.project_person:
        return False
    return actor.person_id == person_id or (blind.open and actor.has(*_READERS))


def sees_comment(actor: Actor, words: Words, blind: Blindness) -> bool:
    """Own comments, and those of the project's people, always; a reviewer's as the review opens.

    A reviewer's public words reach the requester with the answer, not before: another reviewer could otherwise read an
    opinion through the requester's page while blind.
    """
    if actor.person_id == words.person_id or not words.by_reviewer:
        return True
    if blind.project_person:
        return not words.private and (blind.answered or words.round < blind.round)
    return blind.open and actor.has(*_READERS)

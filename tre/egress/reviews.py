"""The reviewers' side: claim, declare, answer findings, vote, return (design §7)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.orm import Session

from tre.audit.events import AuditEvent
from tre.core.errors import Conflict, Forbidden, Invalid
from tre.core.ids import new_id
from tre.egress import facts, permissions, policies, settle, store
from tre.egress.case import Case, advance, log, notify, open_case
from tre.egress.contracts import Parts
from tre.egress.eligibility import Block, FileFacts, ballots_on
from tre.egress.models import Disposition, File, Request, Seat, Vote
from tre.egress.votes import Ballot, Decision, Outcome

KINDS = ("false-positive", "exception")


@dataclass(frozen=True)
class Opinion:
    """One vote on one file. ``expected`` is the binding that the reviewer's page showed, if it showed one."""

    file_id: str
    decision: Decision
    answers: Mapping[str, Any] = field(default_factory=dict)
    expected: str = ""


@dataclass(frozen=True)
class Answer:
    """One blocking finding answered: ``kind`` is "false-positive" or "exception"."""

    file_id: str
    fingerprint: str
    kind: str
    reason: str


@dataclass(frozen=True)
class Vacancy:
    """Whose seat is freed, and why."""

    person_id: str
    reason: str


def claim(session: Session, parts: Parts, request_id: str, no_conflict: bool, *, event: AuditEvent) -> Seat:
    """Take a free seat, having declared no conflict of interest; with one declared, be barred from this request.

    Raises Forbidden for people of the project, Conflict when no seat is free or the person has one.
    """
    case = _reviewing(session, parts, request_id, event)
    policies.check_verb(case.request, "claim")
    person = str(event.actor.person_id)
    held = store.seats(session, request_id)
    if any(seat.person_id == person for seat in held):
        raise Conflict(
            "seat-held", "You have a seat in this review already, or declared a conflict.", "Open the request."
        )
    third = no_conflict and policies.check_seat_free(held, case.request, facts.needed(case))
    seat = Seat(
        id=new_id("sea"), request_id=request_id, person_id=person, third=third, conflict=not no_conflict,
        claimed_at=parts.clock(),
    )  # fmt: skip
    session.add(seat)
    log(case, event, "egress.claim", seat=seat.id, third=third, conflict=not no_conflict)
    return seat


def leave(session: Session, parts: Parts, request_id: str, reason: str, *, event: AuditEvent) -> None:
    """Give one's seat up; one's votes on the request stop counting."""
    case = _reviewing(session, parts, request_id, event)
    seat = _seat(case, event)
    _vacate(case, seat, event, policies.check_reason(reason))


def reassign(session: Session, parts: Parts, request_id: str, vacancy: Vacancy, *, event: AuditEvent) -> None:
    """A security officer frees the seat of a reviewer who does not answer, so that another may claim it."""
    case = open_case(session, parts, request_id)
    permissions.check_see(event.actor, case.project, case.request)
    permissions.check_officer(event.actor, case.project, case.request)
    seat = next(
        (s for s in store.seats(session, request_id) if s.person_id == vacancy.person_id and not s.conflict), None
    )
    if seat is None:
        raise Conflict("seat-unknown", "This person has no seat in the review.", "Reload the request.")
    _vacate(case, seat, event, policies.check_reason(vacancy.reason))


def declare_conflict(session: Session, parts: Parts, request_id: str, *, event: AuditEvent) -> None:
    """A seated reviewer finds a conflict of interest: their votes stop counting, and they may not come back."""
    case = _reviewing(session, parts, request_id, event)
    seat = _seat(case, event)
    seat.conflict = True
    log(case, event, "egress.conflict", seat=seat.id)
    settle.after_seat_change(case, event)


def _vacate(case: Case, seat: Seat, event: AuditEvent, reason: str) -> None:
    if case.request.state not in {"review", "open", "third"}:
        raise Conflict("review-closed", f"The request is {case.request.state}: the review is over.", "")
    seat.left_at = case.parts.clock()
    case.session.flush()
    log(case, event, "egress.leave", seat=seat.id, person=seat.person_id)
    settle.remark(case, event, reason)
    settle.after_seat_change(case, event)


def dispose(session: Session, parts: Parts, request_id: str, answer: Answer, *, event: AuditEvent) -> Disposition:
    """Answer one blocking finding, as a seated reviewer or, for identifiers and row-level data, as security officer.

    Raises Invalid ``reason-missing`` or ``finding-unknown``, Conflict when answered already or the file is not open.
    """
    case = open_case(session, parts, request_id)
    permissions.check_see(event.actor, case.project, case.request)
    officer = _capacity(case, event)
    file, block = _finding(case, answer)
    if answer.kind not in KINDS:
        raise Invalid("disposition-kind", "A finding is a false positive, or an exception is granted.", "Choose one.")
    if officer and not block.needs_officer:
        raise Conflict("officer-not-needed", "This finding is for the reviewers alone.", "")
    row = Disposition(
        request_id=request_id, file_id=file.id, person_id=str(event.actor.person_id), fingerprint=block.fingerprint,
        kind=answer.kind, reason=policies.check_reason(answer.reason), binding=facts.binding_of(file),
        officer=officer, at=parts.clock(),
    )  # fmt: skip
    _check_unanswered_by(case, row)
    session.add(row)
    log(
        case, event, "egress.dispose", file=file.id, fingerprint=block.fingerprint, rule=block.rule, kind=row.kind,
        binding=row.binding, officer=officer,
    )  # fmt: skip
    settle.settle(case, event)
    return row


def _capacity(case: Case, event: AuditEvent) -> bool:
    """True for a security officer's answer, False for a seated reviewer's (also of who is both)."""
    if case.request.state not in {"review", "open", "third"}:
        raise Conflict("review-closed", f"The request is {case.request.state}: no finding is open.", "Reload it.")
    seated = any(
        s.person_id == event.actor.person_id and not s.conflict for s in store.seats(case.session, case.request.id)
    )
    if seated:
        permissions.check_reviewer(event.actor, case.project, case.request)
        return False
    permissions.check_officer(event.actor, case.project, case.request)
    return True


def _finding(case: Case, answer: Answer) -> tuple[File, Block]:
    file = store.get_file(case.session, case.request.id, answer.file_id)
    policies.check_file_open(file)
    block = next((b for b in facts.blocks(case).get(file.id, ()) if b.fingerprint == answer.fingerprint), None)
    if block is None:
        raise Invalid("finding-unknown", "This file has no such blocking finding.", "Reload the request.")
    return file, block


def _check_unanswered_by(case: Case, new: Disposition) -> None:
    for row in store.dispositions(case.session, case.request.id):
        same = (row.file_id, row.person_id, row.fingerprint, row.binding, row.officer)
        if same == (new.file_id, new.person_id, new.fingerprint, new.binding, new.officer):
            raise Conflict("finding-answered", "You have answered this finding.", "")


def vote(session: Session, parts: Parts, request_id: str, opinion: Opinion, *, event: AuditEvent) -> Vote:
    """Cast one's vote on one file; when it completes the review, the request moves on.

    Raises Forbidden for people of the project, Conflict for a second vote, a late one, one on a page that has changed,
    an approval with unanswered blocking findings or with a criterion not met, Invalid for missing answers.
    """
    case = _reviewing(session, parts, request_id, event)
    if case.request.state not in {"review", "open", "third"}:
        raise Conflict(
            "review-closed", f"The request is {case.request.state}: votes are closed.", "Reload the request."
        )
    seat = _seat(case, event)
    file = store.get_file(session, request_id, opinion.file_id)
    policies.check_file_open(file)
    binding = facts.binding_of(file)
    if opinion.expected and opinion.expected != binding:
        raise Conflict("stale", "The file, its form, the policy or the findings have changed.", "Reload, look again.")
    answers = policies.check_answers(opinion.decision, opinion.answers)
    again = _turn(case, seat, file)
    if opinion.decision is Decision.APPROVE:
        _check_blocks_answered(case, file, binding, seat.person_id)
    row = Vote(
        request_id=request_id, file_id=file.id, person_id=seat.person_id, decision=opinion.decision.value,
        binding=binding, round=case.request.round, again=again, tie_break=seat.third, answers=answers, at=parts.clock(),
    )  # fmt: skip
    session.add(row)
    session.flush()
    log(
        case, event, "egress.vote", file=file.id, sha256=file.sha256, binding=binding, decision=row.decision,
        round=row.round, again=again, tie_break=row.tie_break, answers={**answers},
    )  # fmt: skip
    settle.settle(case, event)
    return row


def _turn(case: Case, seat: Seat, file: File) -> bool:
    """Whether this is the one change after opening; raises Conflict for a vote that is not due."""
    state = case.request.state
    mine = ballots_on(facts.from_rows(case), _file_facts(case, file)).get(seat.person_id)
    if state == "third":
        return _third_turn(case, seat, file, mine)
    if state == "open":
        changed = [v for v in store.votes(case.session, case.request.id) if v.person_id == seat.person_id and v.again]
        if any(v.file_id == file.id and v.round == case.request.round for v in changed):
            raise Conflict("vote-changed", "You have changed or confirmed your vote on this file.", "A third decides.")
        if settle.outcomes(case)[file.id] is not Outcome.CONFLICT:
            raise Conflict("vote-settled", "Both reviewers agree on this file.", "Vote on the files that differ.")
        return mine is not None
    if seat.third:
        raise Conflict("third-waits", "The two reviewers have not both voted yet.", "You decide if they differ.")
    if mine is not None:
        raise Conflict("vote-cast", "You have voted on this file.", "You may change it once both have voted.")
    return False


def _third_turn(case: Case, seat: Seat, file: File, mine: Ballot | None) -> bool:
    if not seat.third:
        raise Conflict("third-decides", "You have voted twice on this request; a third reviewer decides.", "")
    if mine is not None or settle.outcomes(case)[file.id] is not Outcome.CONFLICT:
        raise Conflict("vote-settled", "This file is settled.", "Vote on the files that differ.")
    return False


def _file_facts(case: Case, file: File) -> FileFacts:
    return next(item for item in facts.from_rows(case).files if item.file_id == file.id)


def _check_blocks_answered(case: Case, file: File, binding: str, person: str) -> None:
    answered = frozenset(
        row.fingerprint
        for row in store.dispositions(case.session, case.request.id)
        if row.file_id == file.id and row.binding == binding and row.person_id == person and not row.officer
    )
    policies.check_answered(facts.blocks(case).get(file.id, ()), answered)


def return_(session: Session, parts: Parts, request_id: str, reason: str, *, event: AuditEvent) -> Request:
    """A seated reviewer sends the request back for changes; the reason is told to the requester."""
    case = _reviewing(session, parts, request_id, event)
    policies.check_verb(case.request, "return")
    _seat(case, event)
    settle.close_files(case)
    advance(case, event, "return", "returned", policies.check_reason(reason))
    log(case, event, "egress.return", round=case.request.round)
    notify(case, "returned", "person", case.request.requester_id)
    return case.request


def recheck(session: Session, parts: Parts, request_id: str, *, event: AuditEvent) -> Request:
    """Run the automatic checks again after they could not be run."""
    case = _reviewing(session, parts, request_id, event)
    policies.check_verb(case.request, "recheck")
    case.request.attempts, case.request.error = 0, None
    advance(case, event, "recheck", "checking")
    log(case, event, "egress.recheck", round=case.request.round)
    return case.request


def _reviewing(session: Session, parts: Parts, request_id: str, event: AuditEvent) -> Case:
    case = open_case(session, parts, request_id)
    if not permissions.is_named(event.actor, case.project):
        permissions.check_see(event.actor, case.project, case.request)
    elif not permissions.is_member(event.actor, case.project):
        raise permissions.unknown()
    permissions.check_reviewer(event.actor, case.project, case.request)
    return case


def _seat(case: Case, event: AuditEvent) -> Seat:
    held = store.seats(case.session, case.request.id)
    seat = next((s for s in held if s.person_id == event.actor.person_id), None)
    if seat is None:
        raise Forbidden("no-seat", "You have not claimed this request.", "Claim it first.")
    if seat.conflict:
        raise Forbidden("conflict-declared", "You declared a conflict of interest here.", "Another reviewer must act.")
    return seat

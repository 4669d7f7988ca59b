"""What follows from the votes: the request moves on as soon as they settle it, in the same transaction (design §7)."""

from tre.audit.events import AuditEvent
from tre.core.ids import new_id
from tre.egress import facts, store
from tre.egress.case import Case, advance, log, move_file, notify
from tre.egress.eligibility import Facts, file_outcome, may_leave
from tre.egress.models import Comment
from tre.egress.votes import Outcome, next_state

_FILE_STATE = {Outcome.APPROVED: "approved", Outcome.REJECTED: "rejected"}


def outcomes(case: Case) -> dict[str, Outcome]:
    """The outcome of each active file, by the votes that count now."""
    return outcomes_of(facts.from_rows(case))


def outcomes_of(all_facts: Facts) -> dict[str, Outcome]:
    return {file.file_id: file_outcome(all_facts, file) for file in all_facts.files}


def settle(case: Case, event: AuditEvent) -> None:
    """Decide, open the votes, or call a third reviewer, when the votes say so."""
    all_facts = facts.from_rows(case)
    results = outcomes_of(all_facts)
    target = next_state(results.values())
    if target == "approved" and _awaits_officer(all_facts, results):
        notify(case, "exception-wanted", "role", "security-officer")
        return
    if target is not None:
        _decide(case, event, target, results)
    elif Outcome.INCOMPLETE not in results.values():
        _differ(case, event, {file_id for file_id, result in results.items() if result is Outcome.CONFLICT})


def _awaits_officer(all_facts: Facts, results: dict[str, Outcome]) -> bool:
    return any(results[file.file_id] is Outcome.APPROVED and not may_leave(all_facts, file) for file in all_facts.files)


def _decide(case: Case, event: AuditEvent, target: str, results: dict[str, Outcome]) -> None:
    close_files(case)
    advance(case, event, "decide", target)
    log(case, event, "egress.decide", outcome=target, files={key: result.value for key, result in results.items()})
    if target != "approved":
        notify(case, target, "person", case.request.requester_id)


def close_files(case: Case) -> None:
    """Give each file under review the state that its votes say."""
    results = outcomes(case)
    for file in case.files:
        if file.state == "checked":
            move_file(file, "decide", _FILE_STATE.get(results[file.id], "changes"))


def _differ(case: Case, event: AuditEvent, differing: set[str]) -> None:
    if case.request.state == "review":
        advance(case, event, "vote", "open")
        log(case, event, "egress.open", round=case.request.round)
        for seat in store.seats(case.session, case.request.id):
            if not seat.conflict:
                notify(case, "votes-differ", "person", seat.person_id)
    elif case.request.state == "open" and _all_confirmed(case, differing):
        advance(case, event, "vote", "third")
        log(case, event, "egress.third", round=case.request.round)
        notify(case, "third-wanted", "role", "reviewer")


def _all_confirmed(case: Case, differing: set[str]) -> bool:
    """Every reviewer of the two has changed or confirmed their vote on every file that differs."""
    people = {s.person_id for s in store.seats(case.session, case.request.id) if not s.conflict and not s.third}
    again = {
        (vote.file_id, vote.person_id)
        for vote in store.votes(case.session, case.request.id)
        if vote.again and vote.round == case.request.round
    }
    return all((file_id, person) in again for file_id in differing for person in people)


def after_seat_change(case: Case, event: AuditEvent) -> None:
    """A reviewer left: when votes are missing again, the review is blind again until a successor has voted."""
    incomplete = Outcome.INCOMPLETE in outcomes(case).values()
    if case.request.state in {"open", "third"} and incomplete:
        advance(case, event, "reopen", "review")
        log(case, event, "egress.reopen", round=case.request.round, why="seat")


def remark(case: Case, event: AuditEvent, body: str) -> None:
    """Keep the reason of an act as a comment private to reviewers: the log holds no free text."""
    case.session.add(
        Comment(
            id=new_id("com"),
            request_id=case.request.id,
            file_id=None,
            person_id=str(event.actor.person_id),
            private=True,
            body=body,
            round=case.request.round,
            at=case.parts.clock(),
        )
    )

"""The facts that decide about a request, gathered from the rows; `evidence` gathers the same from the log."""

from collections import defaultdict

from tre.egress import store
from tre.egress.case import Case
from tre.egress.checks import Policy
from tre.egress.eligibility import Block, Disposal, Facts, FileFacts
from tre.egress.models import File, Seat, Vote
from tre.egress.votes import Ballot, Binding, Decision


def binding_of(file: File) -> str:
    """The hash of the four things that a decision on this file is about; empty before it was checked."""
    if not (file.sha256 and file.policy_hash and file.findings_hash):
        return ""
    return Binding(file.sha256, file.context_hash, file.policy_hash, file.findings_hash).digest


def needed(case: Case) -> int:
    """Reviewers needed: the policy's number, never under two."""
    return max(2, Policy.load(case.request.policy_id or case.project.policy_id).reviewers)


def ballot(vote: Vote) -> Ballot:
    return Ballot(
        vote.file_id, vote.person_id, Decision(vote.decision), vote.binding, vote.round, vote.seq, vote.tie_break
    )


def blocks(case: Case) -> dict[str, tuple[Block, ...]]:
    """Blocking findings of the last check, by file."""
    check = store.last_check(case.session, case.request.id)
    found: dict[str, list[Block]] = defaultdict(list)
    for row in store.findings(case.session, check.id) if check else []:
        if row.severity == "block":
            found[row.file_id].append(Block(row.fingerprint, row.rule))
    return {file_id: tuple(items) for file_id, items in found.items()}


def from_rows(case: Case) -> Facts:
    """All facts, from the tables."""
    found = blocks(case)
    votes = store.votes(case.session, case.request.id)
    held = store.seats(case.session, case.request.id)
    return Facts(
        round=case.request.round,
        files=tuple(
            FileFacts(file.id, file.sha256 or "", binding_of(file), found.get(file.id, ())) for file in case.files
        ),
        ballots=tuple(ballot(vote) for vote in votes),
        disposals=tuple(
            Disposal(row.file_id, row.person_id, row.fingerprint, row.binding, row.officer)
            for row in store.dispositions(case.session, case.request.id)
        ),
        barred=barred(case, {vote.person_id for vote in votes}, held),
        needed=needed(case),
    )


def barred(case: Case, voters: set[str], held: list[Seat]) -> frozenset[str]:
    """Voters who may not decide now: of the project, without a seat, with a conflict, no longer reviewers."""
    seated = {seat.person_id for seat in held if not seat.conflict}
    entitled = case.parts.projects.reviewers(case.session, frozenset(seated & voters))
    involved = case.project.members | case.project.leads | case.project.named | {case.request.requester_id}
    return frozenset(involved | (voters - entitled))

"""A request as one person may read it: what pages, the API and the workspace show. Reading only."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tre.core.people import Actor
from tre.egress import comments, facts, permissions, requests, settle, store
from tre.egress.actions import Scene, allowed_actions
from tre.egress.case import Case
from tre.egress.checks import rule_by_id
from tre.egress.clocks import Clocks, clocks
from tre.egress.contracts import Parts, ProjectView
from tre.egress.eligibility import Facts, ballots_on, unanswered
from tre.egress.models import Comment, File, FindingRow, Grant, Release, ReleasedFile, Request, Seat, Vote
from tre.egress.visibility import Blindness, sees_votes_of
from tre.egress.votes import Outcome


@dataclass(frozen=True)
class FindingView:
    """A finding with its words; ``answered_by_me`` and ``answers`` only for whoever may read them."""

    fingerprint: str
    rule: str
    severity: str
    location: dict[str, Any]
    evidence: dict[str, str]
    title: dict[str, str]
    explanation: dict[str, str]
    mend: dict[str, str]
    needs_officer: bool
    answers: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True)
class FileView:
    """A file as it stands. ``votes`` holds those that the reader may see; ``outcome`` is empty while hidden."""

    id: str
    name: str
    state: str
    context: dict[str, Any]
    sha256: str | None
    size: int | None
    kind: str | None
    verdict: str | None
    binding: str
    replaces: str | None
    outcome: str = ""
    findings: list[FindingView] = field(default_factory=list)
    votes: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True)
class CommentView:
    id: str
    file_id: str | None
    person_id: str
    private: bool
    body: str
    at: datetime


@dataclass(frozen=True)
class ReleaseView:
    """A release and its files; the record is fetched apart."""

    id: str
    released_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    record_sha256: str
    grantees: list[str]
    files: list[dict[str, Any]]


@dataclass(frozen=True)
class RequestSummary:
    """What a list shows. ``title`` is empty for those who see no content."""

    id: str
    slug: str
    title: str
    state: str
    round: int
    revision: int
    requester_id: str
    created_at: datetime
    submitted_at: datetime | None


@dataclass(frozen=True)
class RequestView:
    """Everything that the reader may know of one request."""

    summary: RequestSummary
    purpose: str
    destination: str
    error: str | None
    policy: str | None
    clocks: Clocks
    queue_position: int | None
    allowed_actions: list[str]
    reviewers_needed: int
    seats: list[dict[str, Any]]
    manifest_sha256: str
    steps: list[dict[str, Any]]
    files: list[FileView]
    comments: list[CommentView]
    release: ReleaseView | None
    earlier_releases: list[ReleaseView]


def summary(actor: Actor, project: ProjectView, request: Request) -> RequestSummary:
    content = permissions.may_see_content(actor, project, request)
    return RequestSummary(
        id=request.id,
        slug=request.slug,
        title=request.title if content else "",
        state=request.state,
        round=request.round,
        revision=request.revision,
        requester_id=request.requester_id,
        created_at=request.created_at,
        submitted_at=request.submitted_at,
    )


def show(session: Session, parts: Parts, request_id: str, actor: Actor) -> RequestView:
    """The request for this reader; raises NotFound when it is not theirs to see."""
    request = store.get_request(session, request_id)
    project = parts.projects.view(session, request.slug)
    permissions.check_see(actor, project, request)
    case = Case(session, parts, request, project)
    blind = comments.blindness_of(session, actor, request, project)
    content = permissions.may_see_content(actor, project, request)
    release = session.scalars(select(Release).where(Release.request_id == request.id)).first()
    steps = store.steps(session, request.id)
    return RequestView(
        summary=summary(actor, project, request),
        purpose=request.purpose if content else "",
        destination=request.destination if content else "",
        error=request.error,
        policy=request.policy_id,
        clocks=clocks(request.created_at, steps, parts.clock()),
        queue_position=_queue_position(session, request),
        allowed_actions=allowed_actions(_scene(case, actor, release)),
        reviewers_needed=facts.needed(case),
        seats=_seats(case, actor, blind),
        manifest_sha256=requests.manifest_hash(case.files) if content else "",
        steps=[{"at": s.at, "verb": s.verb, "state": s.target, "reason": s.reason if content else None} for s in steps],
        files=_files(case, actor, blind) if content else [],
        comments=[_comment(row) for row in comments.visible(session, actor, request, project)] if content else [],
        release=_release(session, release) if release is not None and content else None,
        earlier_releases=_earlier(session, request) if content else [],
    )


def _scene(case: Case, actor: Actor, release: Release | None) -> Scene:
    grantees = select(Grant.person_id).where(Grant.release_id == (release.id if release else ""))
    return Scene(
        actor=actor,
        project=case.project,
        request=case.request,
        seats=store.seats(case.session, case.request.id),
        needed=facts.needed(case),
        release=release,
        grantees=frozenset(case.session.scalars(grantees)),
        now=case.parts.clock(),
    )


def _queue_position(session: Session, request: Request) -> int | None:
    """How many requests are reviewed before this one, plus one; None when it does not wait for reviewers."""
    if request.state != "review" or request.submitted_at is None:
        return None
    earlier = select(func.count()).where(Request.state == "review", Request.submitted_at < request.submitted_at)
    return session.execute(earlier).scalar_one() + 1


def _seats(case: Case, actor: Actor, blind: Blindness) -> list[dict[str, Any]]:
    """Who reviews: reviewers see each other's names, the project's people only how many there are."""
    held = [seat for seat in store.seats(case.session, case.request.id) if not seat.conflict]
    mine = [seat for seat in store.seats(case.session, case.request.id) if seat.person_id == actor.person_id]
    shown = [{"person_id": "" if blind.project_person else s.person_id, "third": s.third} for s in held]
    return [{**entry, "mine": seat in mine} for entry, seat in zip(shown, held, strict=True)]


def _files(case: Case, actor: Actor, blind: Blindness) -> list[FileView]:
    all_facts = facts.from_rows(case)
    outcomes = settle.outcomes_of(all_facts)
    found = _findings(case, actor, blind, all_facts)
    cast = [v for v in store.votes(case.session, case.request.id) if sees_votes_of(actor, v.person_id, blind)]
    seen = blind.answered if blind.project_person else blind.open
    return [
        FileView(
            id=file.id,
            name=file.name,
            state=file.state,
            context=file.context,
            sha256=file.sha256,
            size=file.size,
            kind=file.kind,
            verdict=file.verdict,
            binding=facts.binding_of(file),
            replaces=file.replaces,
            outcome=_outcome(outcomes.get(file.id)) if seen else "",
            findings=found.get(file.id, []),
            votes=_votes(cast, file),
        )
        for file in case.files
    ]


def _outcome(outcome: Outcome | None) -> str:
    return "" if outcome in {None, Outcome.INCOMPLETE} else str(outcome)


def _votes(visible: list[Vote], file: File) -> list[dict[str, Any]]:
    binding = facts.binding_of(file)
    return [
        {
            "person_id": vote.person_id,
            "decision": vote.decision,
            "answers": vote.answers,
            "at": vote.at,
            "round": vote.round,
            "again": vote.again,
            "tie_break": vote.tie_break,
            "binds": vote.binding == binding,
        }
        for vote in visible
        if vote.file_id == file.id
    ]


def _findings(case: Case, actor: Actor, blind: Blindness, all_facts: Facts) -> dict[str, list[FindingView]]:
    check = store.last_check(case.session, case.request.id)
    answers = _answers(case, actor, blind)
    officer = {b.fingerprint for f in all_facts.files for b in f.blocks if b.needs_officer}
    found: dict[str, list[FindingView]] = defaultdict(list)
    for row in store.findings(case.session, check.id) if check else []:
        found[row.file_id].append(
            _finding(row, row.fingerprint in officer, answers.get((row.file_id, row.fingerprint)))
        )
    return found


def _finding(row: FindingRow, needs_officer: bool, answers: list[dict[str, Any]] | None) -> FindingView:
    rule = rule_by_id(row.rule)
    return FindingView(
        fingerprint=row.fingerprint,
        rule=row.rule,
        severity=row.severity,
        location=row.location,
        evidence=row.evidence,
        title={"fr": rule.title.fr, "en": rule.title.en} if rule else {"fr": row.rule, "en": row.rule},
        explanation={"fr": rule.explanation.fr, "en": rule.explanation.en} if rule else {},
        mend={"fr": rule.mend.fr, "en": rule.mend.en} if rule else {},
        needs_officer=needs_officer,
        answers=answers or [],
    )


def _answers(case: Case, actor: Actor, blind: Blindness) -> dict[tuple[str, str], list[dict[str, Any]]]:
    """Dispositions that the reader may see: an answer to a finding is an opinion, hidden like a vote."""
    shown: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for row in store.dispositions(case.session, case.request.id):
        if sees_votes_of(actor, row.person_id, blind) or (row.officer and not blind.project_person):
            shown[row.file_id, row.fingerprint].append(
                {
                    "person_id": row.person_id,
                    "kind": row.kind,
                    "reason": row.reason,
                    "officer": row.officer,
                    "at": row.at,
                }
            )
    return shown


def _comment(row: Comment) -> CommentView:
    return CommentView(row.id, row.file_id, row.person_id, row.private, row.body, row.at)


def _earlier(session: Session, request: Request) -> list[ReleaseView]:
    """The project's other releases, newest first: what this request may be compared with."""
    query = select(Release).where(Release.slug == request.slug, Release.request_id != request.id)
    return [_release(session, row) for row in session.scalars(query.order_by(Release.id.desc()).limit(50))]


def _release(session: Session, release: Release) -> ReleaseView:
    files = session.scalars(
        select(ReleasedFile).where(ReleasedFile.release_id == release.id).order_by(ReleasedFile.name)
    )
    grantees = session.scalars(select(Grant.person_id).where(Grant.release_id == release.id).order_by(Grant.seq))
    return ReleaseView(
        id=release.id,
        released_at=release.released_at,
        expires_at=release.expires_at,
        revoked_at=release.revoked_at,
        record_sha256=release.record_sha256,
        grantees=list(grantees),
        files=[{"id": f.id, "name": f.name, "sha256": f.sha256, "size": f.size, "kind": f.kind} for f in files],
    )


def awaits_officer(case: Case) -> bool:
    """True while a file has the reviewers' approvals but not the security officer's answer."""
    all_facts = facts.from_rows(case)
    outcomes = settle.outcomes_of(all_facts)
    return any(
        outcomes[file.file_id] is Outcome.APPROVED
        and any(block.needs_officer for block in unanswered(file, all_facts.disposals, ()))
        for file in all_facts.files
    )


def owes_vote(case: Case, seat: Seat) -> bool:
    """True while this seated reviewer has a file to vote on, to confirm, or to settle."""
    all_facts = facts.from_rows(case)
    outcomes = settle.outcomes_of(all_facts)
    if case.request.state == "review":
        return not seat.third and any(seat.person_id not in ballots_on(all_facts, file) for file in all_facts.files)
    differing = {file_id for file_id, result in outcomes.items() if result is Outcome.CONFLICT}
    if case.request.state == "third":
        return seat.third and bool(differing)
    again = {
        vote.file_id
        for vote in store.votes(case.session, case.request.id)
        if vote.person_id == seat.person_id and vote.again and vote.round == case.request.round
    }
    return bool(differing - again)

"""Bad input and faults of issue 3: each a clear error, and nothing leaves."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import select, text

from tests.integration.egress.world import (
    AGENT,
    AUDITEUR,
    CHEF,
    CHERCHEUSE,
    ETRANGERE,
    FORM,
    GOOD,
    MET,
    RELECTEUR_MEMBRE,
    RELECTEURS,
    SECURITE,
    SLUG,
    SMALL,
    WORKER,
    World,
)
from tre.audit.events import AuditEvent
from tre.audit.service import record
from tre.core.errors import Conflict, Forbidden, Gone, Invalid, NotFound, TooLarge, TreError
from tre.core.people import Actor
from tre.egress import service
from tre.egress.models import ReleasedFile, Request
from tre.egress.votes import Decision

pytestmark = pytest.mark.integration
R1, R2, R3, R4 = RELECTEURS


@contextmanager
def refused(kind: type[TreError], code: str) -> Iterator[None]:
    with pytest.raises(kind) as caught:
        yield
    assert caught.value.code == code
    assert caught.value.message


def only(world: World, request: Request):  # type: ignore[no-untyped-def]
    (file,) = world.files(request.id)
    return file


def released(world: World) -> tuple[str, str]:
    request = world.in_review({"t1.csv": GOOD})
    for reviewer in (R1, R2):
        world.vote(reviewer, only(world, request))
    world.release()
    with world.tx() as session:
        file = session.scalars(select(ReleasedFile)).one()
    return file.release_id, file.id


def test_empty_file(world: World) -> None:
    request = world.drafted({"vide.csv": b""})
    with refused(Invalid, "file-empty"):
        world.do("submit", CHERCHEUSE, request.id)
    assert not world.store.list(f"tre-{SLUG}-quarantine")
    assert world.request(request.id).state == "draft"


def test_oversized_file(world: World) -> None:
    request = world.drafted({"gros.csv": b"x" * 16_000_001, "t.csv": GOOD})
    with pytest.raises(TooLarge):
        world.do("submit", CHERCHEUSE, request.id)
    assert not world.store.list(f"tre-{SLUG}-quarantine")


def test_hostile_name(world: World) -> None:
    request = world.drafted({})
    with refused(Invalid, "file-name"):
        world.do("add_file", CHERCHEUSE, request.id, service.Chosen("../../etc/passwd", FORM))


def test_nothing_to_submit(world: World) -> None:
    request = world.drafted({})
    with refused(Invalid, "request-empty"):
        world.do("submit", CHERCHEUSE, request.id)


def test_incomplete_form(world: World) -> None:
    request = world.drafted({"t.csv": GOOD})
    file = only(world, request)
    world.do("describe_file", CHERCHEUSE, (request.id, file.id), {**FORM, "population": ""})
    with refused(Invalid, "context-missing"):
        world.do("submit", CHERCHEUSE, request.id)


@pytest.mark.requirement("E20")
def test_file_changed_after_submission_changes_nothing(world: World) -> None:
    request = world.in_review({"t1.csv": GOOD})
    world.write("t1.csv", SMALL)
    for reviewer in (R1, R2):
        world.vote(reviewer, only(world, request))
    world.release()
    with world.tx() as session:
        file = session.scalars(select(ReleasedFile)).one()
    assert world.do("download", CHERCHEUSE, (file.release_id, file.id)).data == GOOD  # type: ignore[attr-defined]


@pytest.mark.requirement("E20")
def test_bytes_changed_in_quarantine_are_not_released(world: World) -> None:
    request = world.in_review({"t1.csv": GOOD})
    file = only(world, request)
    for reviewer in (R1, R2):
        world.vote(reviewer, file)
    world.store.objects[f"tre-{SLUG}-quarantine", file.quarantine_key] = SMALL
    assert world.release() == 0
    assert world.request(request.id).error == "pinned-changed"
    assert not world.releases()


@pytest.mark.requirement("E20")
def test_released_bytes_that_changed_are_not_handed_out(world: World) -> None:
    place = released(world)
    with world.tx() as session:
        key = session.get_one(ReleasedFile, place[1]).key
    world.store.objects[f"tre-{SLUG}-released", key] = SMALL
    with refused(Conflict, "released-changed"):
        world.do("download", CHERCHEUSE, place)


def test_reviewer_votes_twice(world: World) -> None:
    request = world.in_review({"t1.csv": GOOD})
    world.vote(R1, only(world, request))
    with refused(Conflict, "vote-cast"):
        world.vote(R1, only(world, request))


def test_reviewer_votes_late(world: World) -> None:
    request = world.in_review({"t1.csv": GOOD})
    for reviewer in (R1, R2):
        world.vote(reviewer, only(world, request))
    with refused(Conflict, "review-closed"):
        world.vote(R1, only(world, request))


@pytest.mark.parametrize("actor", [RELECTEUR_MEMBRE])
def test_reviewer_of_their_own_project(world: World, actor: Actor) -> None:
    request = world.submitted({"t1.csv": GOOD})
    world.check()
    with refused(Forbidden, "reviewer-involved"):
        world.do("claim", actor, request.id, True)


@pytest.mark.parametrize("actor", [AGENT, AUDITEUR, SECURITE])
def test_others_do_not_review(world: World, actor: Actor) -> None:
    request = world.submitted({"t1.csv": GOOD})
    world.check()
    with refused(Forbidden, "not-reviewer"):
        world.do("claim", actor, request.id, True)


def test_vote_without_a_seat(world: World) -> None:
    request = world.in_review({"t1.csv": GOOD})
    with refused(Forbidden, "no-seat"):
        world.vote(R3, only(world, request))


def test_a_third_seat_is_not_there_before_a_difference(world: World) -> None:
    request = world.in_review({"t1.csv": GOOD})
    with refused(Conflict, "seat-taken"):
        world.do("claim", R3, request.id, True)


def test_declared_conflict_of_interest_bars(world: World) -> None:
    request = world.submitted({"t1.csv": GOOD})
    world.check()
    world.do("claim", R1, request.id, False)
    with refused(Forbidden, "conflict-declared"):
        world.vote(R1, only(world, request))
    for reviewer in (R2, R3):
        world.do("claim", reviewer, request.id, True)


@pytest.mark.parametrize("change", [{"state": "suspended"}, {"frozen": True}, {"state": "closed"}])
def test_nothing_is_released_while_the_project_rests(world: World, change: dict[str, object]) -> None:
    request = world.in_review({"t1.csv": GOOD})
    for reviewer in (R1, R2):
        world.vote(reviewer, only(world, request))
    world.change_project(**change)
    assert world.release() == 0
    assert not world.releases()
    world.change_project(state="active", frozen=False)
    assert world.release() == 1


def test_submission_while_suspended(world: World) -> None:
    request = world.drafted({"t1.csv": GOOD})
    world.change_project(state="suspended")
    with refused(Conflict, "project-not-active"):
        world.do("submit", CHERCHEUSE, request.id)


@pytest.mark.requirement("E26")
@pytest.mark.parametrize(
    ("actor", "kind", "code"),
    [(CHEF, Forbidden, "not-grantee"), (R1, Forbidden, "not-grantee"), (ETRANGERE, NotFound, "release-unknown"),
     (AGENT, NotFound, "release-unknown")],
)  # fmt: skip
def test_download_by_someone_else(world: World, actor: Actor, kind: type[TreError], code: str) -> None:
    place = released(world)
    with refused(kind, code):
        world.do("download", actor, place)


@pytest.mark.requirement("E26")
def test_download_after_expiry_and_revocation(world: World) -> None:
    place = released(world)
    world.do("revoke", R2, place[0], "Erreur constatée après la sortie.")
    with refused(Gone, "release-revoked"):
        world.do("download", CHERCHEUSE, place)


def test_download_after_expiry(world: World) -> None:
    place = released(world)
    world.clock.now += timedelta(days=31)
    with refused(Gone, "release-expired"):
        world.do("download", CHERCHEUSE, place)


def test_grant_by_the_lead_only(world: World) -> None:
    release_id, file_id = released(world)
    with refused(Forbidden, "not-lead"):
        world.do("grant", CHERCHEUSE, release_id, CHEF.person_id)
    world.do("grant", CHEF, release_id, CHEF.person_id)
    assert world.do("download", CHEF, (release_id, file_id)).data == GOOD  # type: ignore[attr-defined]


def test_strangers_learn_nothing(world: World) -> None:
    request = world.in_review({"t1.csv": GOOD})
    for call in (lambda r: world.do("withdraw", ETRANGERE, r, "x" * 20), lambda r: world.do("submit", ETRANGERE, r)):
        with pytest.raises(NotFound) as known:
            call(request.id)
        with pytest.raises(NotFound) as unknown:
            call("req-inconnu")
        assert (known.value.code, known.value.message) == (unknown.value.code, unknown.value.message)


def test_unsigned_submission_is_not_checked(world: World) -> None:
    request = world.drafted({"t1.csv": GOOD})
    world.do("submit", CHERCHEUSE, request.id)
    world.check()
    assert world.request(request.id).state == "signature"
    with refused(Forbidden, "not-lead"):
        world.do("sign", CHERCHEUSE, request.id, service.manifest_hash(world.files(request.id)))
    with refused(Conflict, "stale"):
        world.do("sign", CHEF, request.id, "0" * 64)


def test_a_block_is_never_voted_away(world: World) -> None:
    request = world.in_review({"t1.csv": SMALL})
    file = only(world, request)
    with refused(Conflict, "block-unanswered"):
        world.vote(R1, file)
    with world.tx() as session:
        view = service.show(session, world.parts, request.id, R1)
    marks = [f.fingerprint for f in view.files[0].findings if f.severity == "block"]
    with refused(Invalid, "reason-missing"):
        world.do("dispose", R1, request.id, service.Answer(file.id, marks[0], "exception", "ok"))
    for reviewer in (R1, R2):
        for mark in marks:
            reason = "Effectif théorique publié par ailleurs, sans personne derrière."
            world.do("dispose", reviewer, request.id, service.Answer(file.id, mark, "false-positive", reason))
        world.vote(reviewer, file)
    assert world.release() == 1


@pytest.mark.parametrize("missing", list(MET))
def test_three_wp29_answers(world: World, missing: str) -> None:
    request = world.in_review({"t1.csv": GOOD})
    file = only(world, request)
    with refused(Invalid, "wp29-missing"):
        answers = {key: value for key, value in MET.items() if key != missing}
        world.do("vote", R1, request.id, service.Opinion(file.id, Decision.APPROVE, answers))
    with refused(Conflict, "wp29-not-met"):
        world.do("vote", R1, request.id, service.Opinion(file.id, Decision.APPROVE, {**MET, missing: "not-met"}))


def test_blind_then_open_then_one_change_each_then_a_third(world: World) -> None:
    request = world.in_review({"t1.csv": GOOD})
    file = only(world, request)

    def votes_seen_by(actor: Actor) -> set[str]:
        with world.tx() as session:
            view = service.show(session, world.parts, request.id, actor)
        return {vote["person_id"] for vote in view.files[0].votes}

    world.vote(R1, file)
    assert votes_seen_by(R2) == set()
    world.vote(R2, file, "reject")
    assert world.request(request.id).state == "open"
    assert votes_seen_by(R2) == {R1.person_id, R2.person_id}
    assert votes_seen_by(CHERCHEUSE) == set()
    world.vote(R1, file)
    with refused(Conflict, "vote-changed"):
        world.vote(R1, file, "reject")
    world.vote(R2, file, "reject")
    assert world.request(request.id).state == "third"
    with refused(Conflict, "third-decides"):
        world.vote(R2, file)
    world.do("claim", R3, request.id, True)
    world.vote(R3, file)
    assert world.request(request.id).state == "approved"
    assert world.release() == 1


def test_a_reviewer_who_leaves_does_not_count(world: World) -> None:
    request = world.in_review({"t1.csv": GOOD})
    file = only(world, request)
    world.vote(R1, file)
    world.do("leave", R1, request.id, "Absence prolongée, un autre reprend.")
    world.vote(R2, file)
    assert world.request(request.id).state == "review"
    world.do("claim", R3, request.id, True)
    world.vote(R3, file)
    assert world.request(request.id).state == "approved"


def approved(world: World) -> Request:
    request = world.in_review({"t1.csv": GOOD})
    for reviewer in (R1, R2):
        world.vote(reviewer, only(world, request))
    return world.request(request.id)


def test_a_reviewer_who_joined_the_project_since_does_not_count(world: World) -> None:
    request = approved(world)
    world.change_project(named=world.project.shown.named | {R1.person_id})
    assert world.release() == 1
    assert world.request(request.id).state == "review"
    assert not world.releases()


def test_a_reviewer_who_lost_the_role_since_does_not_count(world: World) -> None:
    request = approved(world)
    world.project.no_longer_reviewers = frozenset({str(R1.person_id)})
    world.release()
    assert world.request(request.id).state == "review"
    assert not world.releases()


_MADE_TO_LOOK_APPROVED = (
    "UPDATE egress_request SET state = 'approved'",
    "UPDATE egress_file SET state = 'approved'",
)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE egress_vote SET person_id = 'per-relecteur-3' WHERE person_id = 'per-relecteur-0'",
        "DELETE FROM egress_vote WHERE person_id = 'per-relecteur-0'",
        "UPDATE egress_vote SET binding = repeat('0', 64)",
        "UPDATE egress_file SET sha256 = repeat('0', 64)",
        "UPDATE egress_finding SET severity = 'review'",
        "UPDATE egress_seat SET left_at = now()",
    ],
)
def test_where_tables_and_log_disagree_nothing_leaves(world: World, change: str) -> None:
    request = world.in_review({"t1.csv": GOOD if "finding" not in change else SMALL})
    if "finding" not in change:
        for reviewer in (R1, R2):
            world.vote(reviewer, only(world, request))
    with world.tx() as session:
        record(session, AuditEvent("test.unrelated", WORKER))  # whoever writes tables can also write some event
        for statement in (change, *_MADE_TO_LOOK_APPROVED):
            session.execute(text(statement))
    world.release()
    assert not world.releases()
    assert world.request(request.id).error in {"evidence-mismatch", "pinned-changed"}


def test_checks_that_cannot_run_hold_the_request(world: World) -> None:
    request = world.submitted({"t1.csv": GOOD})
    world.store.objects.pop((f"tre-{SLUG}-quarantine", only(world, request).quarantine_key))
    for _ in range(5):
        world.check()
    assert world.request(request.id).state == "held"
    assert world.release() == 0
    world.do("recheck", R1, request.id)
    assert world.request(request.id).state == "checking"


def test_withdrawn_on_closing(world: World) -> None:
    request = world.in_review({"t1.csv": GOOD})
    assert world.do("withdraw_open", WORKER, SLUG, "Fermeture du projet : fin de l'autorisation.") == [request.id]
    with refused(Conflict, "request-state"):
        world.do("withdraw", CHERCHEUSE, request.id, "Retrait après la fin.")


def test_concurrent_votes_of_one_person_are_one(world: World) -> None:
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415

    request = world.in_review({"t1.csv": GOOD})
    file = only(world, request)

    def once(_: int) -> str:
        try:
            world.vote(R1, file)
        except Conflict as error:
            return error.code
        return "cast"

    with ThreadPoolExecutor(4) as pool:
        results = sorted(pool.map(once, range(4)))
    assert results == ["cast", "vote-cast", "vote-cast", "vote-cast"]


def test_preview_and_difference(world: World) -> None:
    request = world.in_review({"t1.csv": SMALL})
    file = only(world, request)
    shown = world.do("preview", R1, (request.id, file.id))
    assert shown.blocks[0].rows[0] == ("sexe", "stade", "effectif")  # type: ignore[attr-defined]
    world.do("return_", R1, request.id, "Regroupez les stades, s'il vous plaît.")
    world.write("t1.csv", GOOD)
    world.submit(world.request(request.id))
    change = world.do("difference", R1, (request.id, only(world, request).id))
    assert any(line.startswith("-hommes\tIV") for line in change.lines)  # type: ignore[attr-defined]
    with pytest.raises(NotFound):
        world.do("preview", ETRANGERE, (request.id, file.id))

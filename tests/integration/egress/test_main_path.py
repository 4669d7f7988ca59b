"""The main path of an export: draft, signature, checks, two reviewers, release, download (issue 3, item 8)."""

import hashlib
import json

import jsonschema
import pytest
from sqlalchemy import select

from tests.integration.egress.world import CHEF, CHERCHEUSE, FORM, GOOD, RELECTEURS, SLUG, SMALL, World
from tre.audit.models import EventRow
from tre.egress import service
from tre.egress.models import LedgerLine, Notice, Release, ReleasedFile
from tre.egress.record import release_schema
from tre.egress.votes import Decision

pytestmark = pytest.mark.integration


def released(world: World) -> Release:
    request = world.in_review({"t1.csv": GOOD})
    (file,) = world.files(request.id)
    for reviewer in RELECTEURS[:2]:
        world.vote(reviewer, file)
    assert world.request(request.id).state == "approved"
    assert world.release() == 1
    (release,) = world.releases()
    return release


@pytest.mark.requirement("E26")
@pytest.mark.requirement("E27")
def test_two_approvals_release_exactly_the_reviewed_bytes(world: World) -> None:
    release = released(world)
    with world.tx() as session:
        (file,) = session.scalars(select(ReleasedFile)).all()
    out = world.do("download", CHERCHEUSE, (release.id, file.id))
    assert out.data == GOOD  # type: ignore[attr-defined]
    assert file.sha256 == hashlib.sha256(GOOD).hexdigest()


@pytest.mark.requirement("E27")
def test_record_follows_its_schema_and_its_hash_is_in_the_log(world: World) -> None:
    release = released(world)
    record = json.loads(release.record)
    jsonschema.validate(record, release_schema())
    assert record["deciders"] == sorted(r.person_id for r in RELECTEURS[:2] if r.person_id)
    assert record["signed_by"] == CHEF.person_id
    with world.tx() as session:
        body = session.scalars(select(EventRow.body).where(EventRow.action == "egress.release")).one()
    assert json.loads(body)["detail"]["record_sha256"] == hashlib.sha256(release.record).hexdigest()


def test_ledger_is_written_and_producer_is_told(world: World) -> None:
    release = released(world)
    with world.tx() as session:
        assert session.scalars(select(LedgerLine).where(LedgerLine.release_id == release.id)).all()
        notices = session.scalars(select(Notice).where(Notice.kind == "dataset-result")).all()
    assert [notice.recipient for notice in notices] == ["per-productrice"]


def test_clean_verdict_alone_never_releases(world: World) -> None:
    request = world.submitted({"t1.csv": GOOD})
    world.check()
    assert world.request(request.id).state == "review"
    assert world.release() == 0
    assert not world.releases()


@pytest.mark.requirement("E22")
def test_small_count_is_blocked_then_corrected_and_released(world: World) -> None:
    request = world.in_review({"t1.csv": SMALL})
    (file,) = world.files(request.id)
    assert file.verdict == "block"
    for reviewer in RELECTEURS[:2]:
        world.vote(reviewer, file, "changes")
    assert world.request(request.id).state == "returned"
    world.write("t1.csv", GOOD)
    world.submit(world.request(request.id))
    world.check()
    (fixed,) = world.files(request.id)
    assert (fixed.replaces, fixed.verdict) == (file.id, "pass")
    for reviewer in RELECTEURS[:2]:
        world.vote(reviewer, fixed)
    assert world.release() == 1


def test_votes_survive_resubmission_for_unchanged_files_only(world: World) -> None:
    other = b"sexe,effectif\nhommes,510\nfemmes,520\n"
    request = world.in_review({"t1.csv": GOOD, "t2.csv": other})
    first, second = world.files(request.id)
    for reviewer in RELECTEURS[:2]:
        world.vote(reviewer, first)
        world.vote(reviewer, second, "changes")
    world.do("drop_file", CHERCHEUSE, (request.id, second.id))
    world.submit(world.request(request.id))
    world.check()
    assert world.request(request.id).state in {"approved", "review"}


def test_a_changed_form_unbinds_the_votes(world: World) -> None:
    request = world.in_review({"t1.csv": GOOD})
    (file,) = world.files(request.id)
    world.vote(RELECTEURS[0], file)
    world.do("return_", RELECTEURS[1], request.id, "Précisez la population, s'il vous plaît.")
    world.do("describe_file", CHERCHEUSE, (request.id, file.id), {**FORM, "population": "Patients de plus de 18 ans"})
    world.submit(world.request(request.id))
    world.check()
    world.vote(RELECTEURS[1], file)
    assert world.request(request.id).state == "review"
    world.vote(RELECTEURS[0], file)
    assert world.request(request.id).state == "approved"


def test_release_waits_for_the_sealed_log(world: World) -> None:
    request = world.in_review({"t1.csv": GOOD})
    (file,) = world.files(request.id)
    for reviewer in RELECTEURS[:2]:
        world.vote(reviewer, file)
    assert service.release_due(world.database, world.parts) == 0
    assert world.request(request.id).attempts == 0
    assert world.release() == 1


@pytest.mark.requirement("E23")
def test_second_release_that_differs_by_few_people_goes_back_to_review(world: World) -> None:
    second = world.in_review({"t2.csv": b"sexe,effectif\nhommes,480\nfemmes,457\n"})
    (late,) = world.files(second.id)
    for reviewer in RELECTEURS[:2]:
        world.vote(reviewer, late)
    first = world.in_review({"t1.csv": GOOD})
    (file,) = world.files(first.id)
    for reviewer in RELECTEURS[:2]:
        world.vote(reviewer, file)
    world.seal()
    with world.tx() as session:
        service.release(session, world.parts, first.id, event=_event(world))
    world.seal()
    with world.tx() as session:
        assert service.release(session, world.parts, second.id, event=_event(world)) is None
    assert world.request(second.id).state == "review"
    assert any(f.verdict != "pass" for f in world.files(second.id))


def _event(world: World):  # type: ignore[no-untyped-def]
    from tests.integration.egress.world import WORKER  # noqa: PLC0415
    from tre.audit.events import AuditEvent  # noqa: PLC0415

    return AuditEvent("test", WORKER, SLUG)


def test_idempotency_key_makes_one_request(world: World) -> None:
    draft = service.Draft(SLUG, "Tableau", "Prévu", "Article", idempotency_key="k1")
    assert world.do("create", CHERCHEUSE, draft).id == world.do("create", CHERCHEUSE, draft).id  # type: ignore[attr-defined]


def test_decision_enum_is_closed() -> None:
    with pytest.raises(ValueError, match="maybe"):
        Decision("maybe")


@pytest.mark.requirement("E38")
def test_the_register_tells_of_results_and_of_nothing_in_them(world: World) -> None:
    release = released(world)
    with world.tx() as session:
        (result,) = service.public_results(session, [SLUG])[SLUG]
    assert (result.id, result.files, result.record_sha256) == (release.id, 1, release.record_sha256)
    world.do("revoke", RELECTEURS[0], release.id, "Erreur constatée après la sortie.")
    with world.tx() as session:
        assert not service.public_results(session, [SLUG])

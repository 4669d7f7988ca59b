"""What waits for whom, and who sees which list."""

import pytest

from tests.integration.egress.world import (
    AGENT,
    CHEF,
    CHERCHEUSE,
    ETRANGERE,
    GOOD,
    RELECTEUR_MEMBRE,
    RELECTEURS,
    SECURITE,
    World,
)
from tre.core.people import Actor
from tre.egress import service

pytestmark = pytest.mark.integration
R1, R2, R3, _ = RELECTEURS


def kinds(world: World, actor: Actor) -> list[str]:
    with world.tx() as session:
        return [item.kind for item in service.waiting(session, world.parts, actor)]


def test_what_waits_follows_the_request(world: World) -> None:
    request = world.drafted({"t1.csv": GOOD})
    world.do("submit", CHERCHEUSE, request.id)
    assert (kinds(world, CHEF), kinds(world, CHERCHEUSE), kinds(world, R1)) == (["sign"], [], [])
    world.do("sign", CHEF, request.id, service.manifest_hash(world.files(request.id)))
    world.check()
    assert (kinds(world, CHEF), kinds(world, R1), kinds(world, RELECTEUR_MEMBRE)) == ([], ["claim"], [])
    for reviewer in (R1, R2):
        world.do("claim", reviewer, request.id, True)
    assert (kinds(world, R1), kinds(world, R3)) == (["vote"], [])
    (file,) = world.files(request.id)
    world.vote(R1, file)
    assert (kinds(world, R1), kinds(world, R2)) == ([], ["vote"])
    world.vote(R2, file, "reject")
    assert (kinds(world, R1), kinds(world, R2)) == (["vote"], ["vote"])
    world.vote(R1, file)
    world.vote(R2, file, "reject")
    assert (kinds(world, R1), kinds(world, R3)) == ([], ["claim"])
    world.do("claim", R3, request.id, True)
    world.vote(R3, file, "changes")
    assert kinds(world, CHERCHEUSE) == ["correct"]


@pytest.mark.parametrize(
    ("actor", "title"),
    [(CHERCHEUSE, "Tableau 1"), (R1, "Tableau 1"), (SECURITE, "Tableau 1"), (AGENT, ""), (ETRANGERE, None)],
)
def test_who_sees_a_request_in_a_list(world: World, actor: Actor, title: str | None) -> None:
    world.in_review({"t1.csv": GOOD})
    with world.tx() as session:
        found = service.listed(session, world.parts, actor, service.Wanted())
    assert [item.title for item in found] == ([] if title is None else [title])


def test_drafts_are_the_projects_own(world: World) -> None:
    world.drafted({"t1.csv": GOOD})
    with world.tx() as session:
        assert service.listed(session, world.parts, R1, service.Wanted()) == []
        assert service.listed(session, world.parts, SECURITE, service.Wanted()) == []
        assert len(service.listed(session, world.parts, CHEF, service.Wanted())) == 1

"""Mails: what waits is told, what it holds is not; a server that is down delays a mail and nothing else."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.integration.egress.world import CHEF, CHERCHEUSE, FORM, GOOD, SLUG, World
from tre.core.errors import Temporary
from tre.egress import service
from tre.egress.contracts import DatasetUse
from tre.egress.models import Notice
from tre.egress.notices import _WORDS, Post, send_due

pytestmark = pytest.mark.integration


@dataclass
class Postman:
    down: bool = False
    sent: list[tuple[str, str, str]] = field(default_factory=list)

    def send(self, recipient: str, subject: str, text: str) -> bool:
        if self.down:
            raise Temporary("mail-failed", "The mail server did not take the mail.")
        self.sent.append((recipient, subject, text))
        return True


class Addresses:
    def of_person(self, session: Session, person_id: str) -> str | None:
        return f"{person_id}@example.org"

    def of_role(self, session: Session, role: str) -> Sequence[str]:
        return [f"{role}-1@example.org", f"{role}-2@example.org"]


def post(world: World, postman: Postman) -> Post:
    return Post(postman, Addresses(), "https://tre.localhost", world.clock)


def test_handovers_are_told_once_without_anything_of_the_request(world: World) -> None:
    request = world.drafted({"resultat-confidentiel.csv": GOOD})
    world.do("submit", CHERCHEUSE, request.id)
    postman = Postman()
    assert send_due(world.database, post(world, postman)) == 1
    assert send_due(world.database, post(world, postman)) == 0
    ((recipient, _, text),) = postman.sent
    assert recipient == f"{CHEF.person_id}@example.org"
    for hidden in ("resultat-confidentiel", request.title, FORM["what"]):
        assert str(hidden) not in text


def test_reviewers_are_told_when_the_checks_are_done(world: World) -> None:
    world.submitted({"t1.csv": GOOD})
    world.check()
    postman = Postman()
    send_due(world.database, post(world, postman))
    assert {"reviewer-1@example.org", "reviewer-2@example.org"} <= {recipient for recipient, _, _ in postman.sent}


def test_a_mail_that_was_not_taken_is_tried_again(world: World) -> None:
    request = world.drafted({"t1.csv": GOOD})
    world.do("submit", CHERCHEUSE, request.id)
    assert send_due(world.database, post(world, Postman(down=True))) == 0
    with world.tx() as session:
        assert session.scalars(select(Notice)).one().attempts == 1
    assert send_due(world.database, post(world, Postman())) == 1


def test_every_kind_of_notice_has_words() -> None:
    import re  # noqa: PLC0415
    from pathlib import Path  # noqa: PLC0415

    import tre.egress  # noqa: PLC0415

    source = "".join(path.read_text("utf-8") for path in Path(tre.egress.__file__).parent.glob("*.py"))
    kinds = set(re.findall(r'notify\(case, "([a-z-]+)"', source)) | set(re.findall(r'(?<!_)kind="([a-z-]+)"', source))
    assert kinds
    assert kinds | {"returned", "rejected"} <= set(_WORDS)


def test_producers_are_told_of_each_use_once(world: World) -> None:
    world.project.attached = (DatasetUse("dat-colon", "Essai colon", "1.0", "per-productrice", "att-1"),)
    service.sweep(world.database, world.parts)
    service.sweep(world.database, world.parts)
    with world.tx() as session:
        notices = session.scalars(select(Notice).where(Notice.kind == "dataset-use")).all()
    assert [(n.recipient, n.slug, n.target) for n in notices] == [("per-productrice", SLUG, "att-1")]

"""Revocation reaches a browser that is connected: within seconds, whatever it is doing (design §4: 60 s at most)."""

import time

import pytest

from tests.integration.workspace.platform import PERSON_ID, SLUG
from tests.integration.workspace.world import Browser, World
from tests.support.workspace import KernelPage
from tre.sessions import service

pytestmark = [pytest.mark.integration]


def test_the_end_of_a_session_closes_its_sockets_and_its_visits(world: World, browser: Browser, kernel: str) -> None:
    page = KernelPage(browser, kernel)
    page.execute("1")
    page.send("execute_request", {"code": "import time; time.sleep(60)", "silent": False})
    with world.database.transaction() as tx:
        scope = service.Scope(SLUG, PERSON_ID)
        assert service.end_all(tx, world.parts, scope, reason="suspended", event=world.event("session.end")) == 1
    started = time.monotonic()
    page.wait_closed(seconds=20)
    assert time.monotonic() - started < 10
    assert not world.platform.users
    assert browser.api("GET", "api/status").status_code in {401, 503}

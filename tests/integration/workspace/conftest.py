"""A running workspace a module, and what is asked of it."""

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import select

from tests.integration.workspace.world import Browser, World
from tests.services.databases import Databases
from tests.support.workspace import KernelPage
from tre.audit.models import EventRow


@pytest.fixture(scope="module")
def world(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    name = databases.fresh()
    made = World(databases.connect(name, "tre_app"), tmp_path_factory.mktemp("workspace"))
    try:
        yield made
    finally:
        made.stop()
        databases.drop(name)


@pytest.fixture(scope="module")
def browser(world: World) -> Browser:
    """The owner, with a running notebook."""
    made = Browser(world)
    made.start(world.ticket())
    return made


@pytest.fixture(scope="module")
def kernel(browser: Browser) -> str:
    """A running kernel."""
    return browser.kernel()


@pytest.fixture(params=[True, False], ids=["v1", "legacy"])
def page(request: pytest.FixtureRequest, browser: Browser, kernel: str) -> Iterator[KernelPage]:
    made = KernelPage(browser, kernel, v1=request.param)
    yield made
    made.close()


def events(world: World, action: str) -> list[dict[str, Any]]:
    with world.database.transaction() as tx:
        return [json.loads(b) for b in tx.scalars(select(EventRow.body).where(EventRow.action == action))]


def wait(found: Callable[[], Any], seconds: float = 15) -> Any:
    deadline = time.monotonic() + seconds
    while not (value := found()):
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.1)
    return value

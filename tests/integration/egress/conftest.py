"""The world of export tests."""

import pytest

from tests.integration.egress.world import World
from tre.db.session import Database


@pytest.fixture
def world(database: Database, sealer_database: Database) -> World:
    return World(database, sealer_database)

"""Fixtures that every test may ask for. A service starts when the first test asks and stops after the last."""

from collections.abc import Iterator

import pytest

from tests.services.databases import Databases
from tests.services.minio import MinioServer
from tests.services.openbao import OpenBaoServer
from tests.services.postgres import PostgresServer
from tre.db.session import Database


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A real PostgreSQL 15."""
    server = PostgresServer()
    try:
        yield server.start()
    finally:
        server.stop()


@pytest.fixture(scope="session")
def minio() -> Iterator[MinioServer]:
    """A real MinIO."""
    server = MinioServer()
    try:
        yield server.start()
    finally:
        server.stop()


@pytest.fixture(scope="session")
def openbao() -> Iterator[OpenBaoServer]:
    """A real OpenBao, unsealed; mounts are the test's business."""
    server = OpenBaoServer()
    try:
        yield server.start()
    finally:
        server.stop()


@pytest.fixture(scope="session")
def databases(postgres: PostgresServer) -> Databases:
    """The template with schema, guards and roles."""
    return Databases(postgres).prepare()


@pytest.fixture
def database_name(databases: Databases) -> Iterator[str]:
    """The name of this test's own database."""
    name = databases.fresh()
    yield name
    databases.drop(name)


@pytest.fixture
def database(databases: Databases, database_name: str) -> Database:
    """This test's database, as the application sees it (role ``tre_app``)."""
    return databases.connect(database_name, "tre_app")


@pytest.fixture
def owner_database(databases: Databases, database_name: str) -> Database:
    """The same database with its owner's rights: what an administrator could do."""
    return databases.connect(database_name, "tre_owner")


@pytest.fixture
def sealer_database(databases: Databases, database_name: str) -> Database:
    """The same database with the sealer's rights."""
    return databases.connect(database_name, "tre_sealer")

"""A database that was migrated is the database that the models describe, guards and rights included."""

from collections.abc import Iterator

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from tests.services.databases import Databases
from tests.services.postgres import PostgresServer
from tre.audit.events import AuditEvent
from tre.audit.service import record
from tre.core.people import system
from tre.db.migrate import differences, head, pending_revision, upgrade
from tre.db.session import Database, make_engine

pytestmark = pytest.mark.integration
NAME = "t_migrated"


@pytest.fixture(scope="module")
def migrated(postgres: PostgresServer, databases: Databases) -> Iterator[PostgresServer]:
    """A database brought up by ``tre db upgrade`` alone, as the schema's owner; twice, because set-up jobs repeat."""
    with psycopg.connect(postgres.dsn("postgres"), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {NAME} OWNER tre_owner")
    assert pending_revision(postgres.url(NAME, "tre_owner")) == head()
    for _ in "12":
        upgrade(postgres.url(NAME, "tre_owner"))
    yield postgres
    with psycopg.connect(postgres.dsn("postgres"), autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {NAME} WITH (FORCE)")


def test_migrations_and_models_agree(migrated: PostgresServer) -> None:
    engine = make_engine(migrated.url(NAME, "tre_owner"))
    with engine.connect() as connection:
        assert differences(connection) == ""
    engine.dispose()
    assert pending_revision(migrated.url(NAME, "tre_app")) is None


def test_a_database_that_is_down_says_so(postgres: PostgresServer) -> None:
    assert pending_revision(postgres.url("absent")) == "not reachable"


@pytest.mark.parametrize(
    ("role", "statement"),
    [
        ("tre_app", "DELETE FROM audit_event"),
        ("tre_app", "INSERT INTO audit_leaf VALUES (1, 1, '')"),
        ("tre_app", "DROP TABLE project"),
        ("tre_app", "ALTER TABLE project DISABLE TRIGGER ALL"),
        ("tre_app", "UPDATE alembic_version SET version_num = 'x'"),
        ("tre_sealer", "SELECT * FROM project"),
        ("tre_sealer", "INSERT INTO project_step SELECT * FROM project_step"),
    ],
)
def test_each_role_has_its_own_rights_only(migrated: PostgresServer, role: str, statement: str) -> None:
    database = Database(make_engine(migrated.url(NAME, role)))
    with pytest.raises(DBAPIError, match=r"permission denied|must be owner"), database.transaction() as session:
        session.execute(text(statement))
    database.engine.dispose()


def test_the_application_may_record(migrated: PostgresServer) -> None:
    database = Database(make_engine(migrated.url(NAME, "tre_app")))
    with database.transaction() as session:
        assert record(session, AuditEvent("test.run", system("worker"))).startswith("evt-")
    database.engine.dispose()

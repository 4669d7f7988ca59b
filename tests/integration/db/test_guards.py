"""The database itself refuses what the application must never do (design §3, §8)."""

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from tre.audit.events import AuditEvent
from tre.audit.models import EventRow
from tre.audit.service import record
from tre.core.people import system
from tre.db.session import Database

pytestmark = pytest.mark.integration


def test_an_event_is_kept_with_its_canonical_bytes(database: Database) -> None:
    with database.transaction() as session:
        record(session, AuditEvent("test.run", system("worker")))
    with database.transaction() as session:
        assert b'"action":"test.run"' in session.scalars(select(EventRow.body)).one()


@pytest.mark.parametrize("statement", ["UPDATE audit_event SET action = 'x'", "DELETE FROM audit_event"])
def test_the_application_cannot_change_the_log(database: Database, statement: str) -> None:
    with pytest.raises(DBAPIError, match="permission denied"), database.transaction() as session:
        session.execute(text(statement))


@pytest.mark.parametrize("statement", ["UPDATE audit_event SET action = 'x'", "TRUNCATE audit_event"])
def test_not_even_the_owner_changes_the_log_by_accident(owner_database: Database, statement: str) -> None:
    with pytest.raises(DBAPIError, match="append-only"), owner_database.transaction() as session:
        session.execute(text(statement))


def test_the_sealer_cannot_write_events(sealer_database: Database) -> None:
    with pytest.raises(DBAPIError, match="permission denied"), sealer_database.transaction() as session:
        record(session, AuditEvent("test.run", system("sealer")))

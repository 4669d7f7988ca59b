"""The sealer on a real PostgreSQL: order under concurrency, restarts, refusal to sign over a changed past."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import BinaryIO

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from tests.unit.audit.test_verify import KEY, KEYS, ORIGIN
from tre.audit import store
from tre.audit.bundle import Bundle
from tre.audit.events import AuditEvent
from tre.audit.models import CheckpointRow, EventRow, LeafRow
from tre.audit.seal import Sealer
from tre.audit.service import record
from tre.audit.tree import inclusion_proof, verify_inclusion
from tre.audit.verify import verify
from tre.core.errors import Conflict
from tre.core.people import system
from tre.db.session import Database

pytestmark = pytest.mark.integration


@dataclass
class Shelf:
    objects: dict[str, bytes] = field(default_factory=dict)

    def put(self, bucket: str, key: str, data: bytes | BinaryIO, size: int | None = None) -> str:
        assert isinstance(data, bytes)
        self.objects[key] = data
        return "1"


@dataclass
class Hands:
    now: datetime = datetime(2026, 1, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=10)
        return self.now


def sealer(database: Database, shelf: Shelf, clock: Hands) -> Sealer:
    return Sealer(database, KEY, shelf, ORIGIN, clock)


def write(database: Database, count: int) -> None:
    with database.transaction() as session:
        for i in range(count):
            record(session, AuditEvent("test.event", system("test"), detail={"n": i}))


def bundle(database: Database, shelf: Shelf) -> Bundle:
    with database.transaction() as session:
        query = select(EventRow.body).join(LeafRow, LeafRow.event_seq == EventRow.seq).order_by(LeafRow.position)
        events = list(session.scalars(query))
    keys = sorted(shelf.objects)
    leaves = b"".join(shelf.objects[key] for key in keys if key.startswith("leaves/"))
    notes = {key.rsplit("/", 1)[1]: shelf.objects[key].decode() for key in keys if key.startswith("checkpoints/")}
    return Bundle(events, [leaves[i : i + 32] for i in range(0, len(leaves), 32)], notes)


@pytest.mark.requirement("E28")
def test_sealed_events_verify_with_what_the_shelf_holds(database: Database, sealer_database: Database) -> None:
    shelf, clock = Shelf(), Hands()
    one = sealer(sealer_database, shelf, clock)
    for count in (3, 300, 0, 400):
        write(database, count)
        one.tick()
    found = verify(bundle(database, shelf), KEYS)
    assert found.whole
    assert found.sealed == 703


def test_a_restarted_sealer_goes_on_where_the_last_one_stopped(database: Database, sealer_database: Database) -> None:
    shelf, clock = Shelf(), Hands()
    for count in (10, 250, 1):
        write(database, count)
        sealer(sealer_database, shelf, clock).tick()
    assert verify(bundle(database, shelf), KEYS).sealed == 261


def test_a_transaction_that_still_runs_holds_back_those_after_it(database: Database, sealer_database: Database) -> None:
    one = sealer(sealer_database, Shelf(), Hands())
    with database.transaction() as early:
        record(early, AuditEvent("test.early", system("test")))
        write(database, 2)
        assert one.tick() == 0
    assert one.tick() == 3
    with database.transaction() as session:
        first = session.scalar(
            select(EventRow.action).join(LeafRow, LeafRow.event_seq == EventRow.seq).where(LeafRow.position == 0)
        )
    assert first == "test.early"


def test_only_one_sealer_seals_at_a_time(database: Database, sealer_database: Database) -> None:
    write(database, 1)
    with sealer_database.transaction() as other:
        other.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": 0x7472_6561})
        assert sealer(sealer_database, Shelf(), Hands()).tick() == 0
    assert sealer(sealer_database, Shelf(), Hands()).tick() == 1


@pytest.mark.requirement("E28")
def test_a_changed_past_is_not_signed_over(
    database: Database, owner_database: Database, sealer_database: Database
) -> None:
    shelf, clock = Shelf(), Hands()
    write(database, 5)
    sealer(sealer_database, shelf, clock).tick()
    with owner_database.transaction() as session:
        session.execute(text("ALTER TABLE audit_leaf DISABLE TRIGGER append_only"))
        session.execute(text("UPDATE audit_leaf SET leaf_hash = decode(repeat('00', 32), 'hex') WHERE position = 2"))
    write(database, 1)
    with pytest.raises(Conflict, match="log-changed"):
        sealer(sealer_database, shelf, clock).tick()


def test_an_event_is_proven_by_few_hashes(database: Database, sealer_database: Database) -> None:
    write(database, 600)
    sealer(sealer_database, Shelf(), Hands()).tick()
    with database.transaction() as session:
        point = session.scalars(select(CheckpointRow)).one()
        event = session.scalars(select(EventRow).offset(400).limit(1)).one()
        position = store.position_of(session, event.event_id)
        assert position is not None
        nodes = store.nodes(session)
        proof = inclusion_proof(nodes, position, point.size)
        assert verify_inclusion(nodes.leaves(position, 1)[0], position, point.size, proof, point.root)
        assert len(proof) <= 10


@pytest.mark.parametrize("table", ["audit_event", "audit_leaf", "audit_tile", "audit_checkpoint"])
@pytest.mark.parametrize("statement", ["UPDATE {} SET {} = {}", "DELETE FROM {}", "TRUNCATE {}"])
def test_the_owner_is_stopped_by_the_guard_and_the_application_by_its_rights(
    database: Database, owner_database: Database, sealer_database: Database, table: str, statement: str
) -> None:
    write(database, 256)
    sealer(sealer_database, Shelf(), Hands()).tick()
    column = {"audit_event": "action", "audit_leaf": "position", "audit_tile": "level", "audit_checkpoint": "size"}[
        table
    ]
    query = statement.format(table, column, column) if "UPDATE" in statement else statement.format(table)
    for who in (database, owner_database):
        with pytest.raises(DBAPIError), who.transaction() as session:
            session.execute(text(query))

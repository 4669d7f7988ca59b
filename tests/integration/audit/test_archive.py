"""Sealed days on a real PostgreSQL and a real locked bucket: made, verified, missed, late, changed, purged around."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from tests.services.databases import Databases
from tests.services.minio import MinioServer
from tests.support.audit import empty_audit_bucket
from tests.unit.audit.test_verify import KEY, KEYS, ORIGIN, Key
from tre.audit.archive import Archiver, sealed_days
from tre.audit.bundle import Bundle, read_bundle
from tre.audit.days import open_manifest, root_of
from tre.audit.events import AuditEvent
from tre.audit.export import export_bundle
from tre.audit.models import EventRow
from tre.audit.retention import Class, load_retention, purge, read_retention
from tre.audit.seal import BUCKET, Sealer
from tre.audit.service import record
from tre.audit.verify import Verdict, verify
from tre.core.errors import Conflict, Invalid
from tre.core.people import system
from tre.db.session import Database
from tre.platform.objectstore import ObjectStore

pytestmark = pytest.mark.integration
START = datetime(2026, 3, 1, 9, tzinfo=UTC)


@dataclass
class Clock:
    now: datetime = START

    def __call__(self) -> datetime:
        return self.now


@dataclass
class World:
    """A log whose days pass when the test says so."""

    database: Database
    sealer: Sealer
    archiver: Archiver
    store: ObjectStore
    clock: Clock

    def day(self, events: int, archive: bool = True) -> None:
        """Events in the morning, a checkpoint every half of them, midnight, five past."""
        for part in (events // 2, events - events // 2):
            with self.database.transaction() as session:
                for i in range(part):
                    record(session, AuditEvent("test.event", system("test"), detail={"n": i}), self.clock)
            self.clock.now += timedelta(minutes=1)
            self.sealer.tick()
        self.clock.now = datetime.combine(self.clock.now.date() + timedelta(days=1), START.time(), UTC)
        self.clock.now = self.clock.now.replace(hour=0, minute=5)
        if archive:
            self.archiver.tick()

    def export(self, tmp: Callable[[], str]) -> Bundle:
        path = tmp()
        with open(path, "wb") as file:
            file.writelines(export_bundle(self.database, self.store, ["key"], self.clock.now))
        return read_bundle(Path(path))


@pytest.fixture
def store(minio: MinioServer) -> ObjectStore:
    return empty_audit_bucket(minio)


@pytest.fixture
def world(database: Database, sealer_database: Database, store: ObjectStore) -> World:
    clock = Clock()
    sealer = Sealer(sealer_database, KEY, store, ORIGIN, clock)
    return World(database, sealer, Archiver(database, KEY, store, ORIGIN, clock), store, clock)


@pytest.fixture
def verdict_of(world: World, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Verdict]:
    def go(**changes: object) -> Verdict:
        bundle = world.export(lambda: str(tmp_path_factory.mktemp("log") / "log.tar"))
        return verify(replace(bundle, **changes), KEYS)  # type: ignore[arg-type]

    return go


@pytest.mark.requirement("E29")
def test_yesterdays_archive_is_sealed_and_verifies_alone(world: World) -> None:
    world.day(7)
    world.day(300)
    second = date(2026, 3, 2)
    assert sealed_days(world.store) == {date(2026, 3, 1), second}
    manifest = open_manifest(world.store.get(BUCKET, f"days/{second}/manifest.txt").decode(), KEYS)
    leaves = world.store.get(BUCKET, f"days/{second}/leaves.bin")
    assert root_of(manifest, [leaves[i : i + 32] for i in range(0, len(leaves), 32)]) == manifest.root
    assert manifest.end - manifest.first == 301  # its own events and the one that told of the first day's sealing


@pytest.mark.requirement("E29")
def test_sealed_days_are_part_of_what_verifies(world: World, verdict_of: Callable[..., Verdict]) -> None:
    for count in (7, 300, 0, 20):
        world.day(count)
    verdict = verdict_of()
    assert verdict.problems == []
    assert verdict.days == 4
    assert {notice.kind for notice in verdict.notices} == {"no-witness"}


@pytest.mark.requirement("E29")
def test_days_that_nobody_sealed_are_sealed_late_and_said_to_be(
    world: World, verdict_of: Callable[..., Verdict]
) -> None:
    world.day(5)
    for _ in range(3):
        world.day(5, archive=False)
    world.archiver.tick()
    late = [notice.name for notice in verdict_of().notices if notice.kind == "day-late"]
    assert late == ["2026-03-02", "2026-03-03"]  # the fourth is still within its term
    with world.database.transaction() as session:
        told = session.query(EventRow.target).where(EventRow.action == "audit.day-late").all()
    assert [row.target for row in told] == late


@pytest.mark.requirement("E29")
def test_a_missing_day_is_named(world: World, verdict_of: Callable[..., Verdict], store: ObjectStore) -> None:
    for _ in range(4):
        world.day(5)
    bundle_days = {d: store.get(BUCKET, f"days/{d}/manifest.txt").decode() for d in map(str, sealed_days(store))}
    del bundle_days["2026-03-02"]
    verdict = verdict_of(days=bundle_days)
    assert [(p.kind, p.name) for p in verdict.problems] == [("day-missing", "2026-03-02"), ("day-joint", "2026-03-03")]


@pytest.mark.requirement("E29")
def test_nobody_else_can_seal_a_day(world: World, verdict_of: Callable[..., Verdict]) -> None:
    world.day(5)
    other = Key(9)
    world.archiver.signer = other
    world.day(5)
    note = world.store.get(BUCKET, "days/2026-03-02/manifest.txt").decode()
    with pytest.raises(Invalid, match="day-signature"):
        open_manifest(note, KEYS)
    assert verdict_of().problems[0].kind == "day-signature"


@pytest.mark.requirement("E29")
def test_a_changed_day_is_not_sealed_and_the_refusal_is_told(world: World, owner_database: Database) -> None:
    world.day(5, archive=False)
    with owner_database.transaction() as session:
        session.execute(text("ALTER TABLE audit_event DISABLE TRIGGER append_only"))
        session.execute(text("UPDATE audit_event SET body = '{}' WHERE seq = (SELECT min(seq) FROM audit_event)"))
    for _ in range(2):
        world.clock.now += timedelta(hours=7)
        with pytest.raises(Conflict, match="log-changed"):
            world.archiver.tick()
    assert sealed_days(world.store) == set()
    with world.database.transaction() as session:
        assert session.query(EventRow).where(EventRow.action == "audit.day-failed").count() == 1


def test_a_worker_that_starts_anew_seals_nothing_twice(world: World) -> None:
    world.day(5)
    again = Archiver(world.database, KEY, world.store, ORIGIN, world.clock)
    assert again.tick() == []


def test_keys_that_were_replaced_still_vouch_for_what_they_signed(world: World, store: ObjectStore) -> None:
    world.day(5)
    new = Key(4)
    new.public_keys = [new.public_key, KEY.public_key]
    world.sealer.signer = world.archiver.signer = new
    world.sealer._tree = None  # as after a restart
    world.day(5)
    keys = [(ORIGIN, new.public_key), (ORIGIN, KEY.public_key)]
    for day in ("2026-03-01", "2026-03-02"):
        assert open_manifest(store.get(BUCKET, f"days/{day}/manifest.txt").decode(), keys)


def test_a_clock_that_went_back_signs_at_once_and_is_named(world: World, verdict_of: Callable[..., Verdict]) -> None:
    world.day(5, archive=False)
    world.clock.now -= timedelta(hours=20)
    world.day(5, archive=False)
    assert "clock" in {notice.kind for notice in verdict_of().notices}


def test_events_that_waited_for_their_checkpoint_are_named(world: World, verdict_of: Callable[..., Verdict]) -> None:
    world.day(4, archive=False)
    with world.database.transaction() as session:
        record(session, AuditEvent("test.waits", system("test")), world.clock)
    world.clock.now += timedelta(minutes=30)
    world.sealer.tick()
    gaps = [notice for notice in verdict_of().notices if notice.kind == "gap"]
    assert [(gap.kind, gap.position) for gap in gaps] == [("gap", 4)]


PURGED = Class("tests", 365, ("test.*",))


@pytest.fixture
def old(world: World) -> World:
    """A log that began last year, with one decision among its traces."""
    world.clock.now = datetime.now(UTC) - timedelta(days=400)
    world.day(10)
    with world.database.transaction() as session:
        record(session, AuditEvent("project.propose", system("test")), world.clock)
    world.day(10)
    world.clock.now = datetime.now(UTC)
    return world


@pytest.mark.requirement("E32")
def test_a_purge_after_the_term_leaves_the_log_verifiable(old: World, verdict_of: Callable[..., Verdict]) -> None:
    assert purge(old.database, [PURGED], old.clock) == 20
    old.clock.now += timedelta(minutes=1)
    old.sealer.tick()
    verdict = verdict_of()
    assert [p for p in verdict.problems if not p.kind.startswith("day-missing")] == []
    assert verdict.purged == 20
    with old.database.transaction() as session:
        actions = set(session.scalars(select(EventRow.action)))
    assert {"project.propose", "audit.purge"} <= actions
    assert "test.event" not in actions
    assert purge(old.database, [PURGED], old.clock) == 0


@pytest.mark.requirement("E32")
def test_events_removed_otherwise_are_not_passed_off_as_purged(
    old: World, owner_database: Database, verdict_of: Callable[..., Verdict]
) -> None:
    with owner_database.transaction() as session:
        session.execute(text("ALTER TABLE audit_event DISABLE TRIGGER append_only"))
        session.execute(
            text(
                "INSERT INTO audit_tombstone SELECT l.position, l.leaf_hash, 'evt_none' FROM audit_leaf l "
                "JOIN audit_event e ON e.seq = l.event_seq WHERE e.action = 'project.propose'"
            )
        )
        session.execute(text("DELETE FROM audit_event WHERE action = 'project.propose'"))
    assert "purge" in {problem.kind for problem in verdict_of().problems}


@pytest.mark.requirement("E32")
@pytest.mark.parametrize("who", ["tre_app", "tre_owner"])
def test_nothing_younger_than_a_year_is_purged_whoever_asks(
    world: World, databases: Databases, database_name: str, who: str
) -> None:
    world.day(3)
    with pytest.raises(DBAPIError, match="a year"), databases.connect(database_name, who).transaction() as session:
        session.execute(text("SELECT tre_purge_events('evt_x', now() - interval '364 days', ARRAY['%'])"))
    with pytest.raises(Invalid, match="retention-invalid"):
        read_retention("classes: {short: {days: 364, actions: [test.*]}}")


def test_the_shipped_policy_is_valid() -> None:
    assert [c.days for c in load_retention(Path(__file__).parents[3] / "policies")] == [1095, 1095]

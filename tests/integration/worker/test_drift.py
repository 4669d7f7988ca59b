"""Drift: our own change is applied quietly, anybody else's is written down, alerted and repaired (E3, T3)."""

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

import pytest
from sqlalchemy import event, select

from tests.support.projects import WORKER, FakeClock, Team, active_project, by, person, team
from tre.audit.models import EventRow
from tre.audit.service import record
from tre.core.errors import Temporary
from tre.core.people import Actor, Role
from tre.db.session import Database
from tre.projects import service
from tre.projects.desired.spec import BucketPlan, Desired, ProjectSpec, VaultPlan
from tre.projects.models import Project
from tre.projects.reconciler.providers import Difference, Outcome
from tre.worker import drift, sweeps
from tre.worker.process import Process, Providers, Rendered, fingerprint

pytestmark = [pytest.mark.integration, pytest.mark.requirement("E3")]
INTRUDER = Difference("kubernetes", "extra", "NetworkPolicy/open", found="opens everything")


@dataclass
class Part:
    """A provider whose differences tests set; repairing or ensuring removes them."""

    name: str
    wrong: list[Difference] = field(default_factory=list)
    ensured: int = 0
    nobodys: tuple[Difference, ...] = ()

    def ensure(self, desired: Desired) -> Outcome:
        self.ensured += 1
        self.wrong.clear()
        return Outcome(self.name, 1)

    def drift(self, desired: Desired) -> tuple[Difference, ...]:
        return tuple(self.wrong)

    def drift_all(self, wanted: Any) -> dict[str, tuple[Difference, ...]]:
        return {**{desired.slug: tuple(self.wrong) for desired in wanted}, "": self.nobodys}

    def repair(self, desired: Desired, found: Any) -> int:
        self.wrong.clear()
        return 1

    def service_token(self, slug: str) -> None:
        return None


@dataclass
class Bench:
    """A worker process over real tables and these parts."""

    db: Database
    clock: FakeClock
    kubernetes: Part = field(default_factory=lambda: Part("kubernetes"))
    objectstore: Part = field(default_factory=lambda: Part("objectstore"))
    vault: Part = field(default_factory=lambda: Part("vault"))
    title: str = "v1"
    told: dict[str, frozenset[str]] = field(default_factory=dict)

    def process(self) -> Process:
        parts: list[Any] = [self.kubernetes, self.objectstore, self.vault]
        providers = Providers(*parts)
        services = SimpleNamespace(db=self.db, clock=self.clock)
        made = SimpleNamespace(
            services=services, providers=providers, facts=lambda: None, rendered=self.rendered, told=self.told
        )
        return cast(Process, made)

    def rendered(self, spec: ProjectSpec, facts: Any) -> Rendered:
        desired = self.desired(spec.slug)
        return Rendered(spec, facts, desired, fingerprint(desired))

    def desired(self, slug: str) -> Desired:
        plan = VaultPlan(slug, f"p-{slug}", slug, "s", self.title)
        return Desired(slug, ({"kind": "Namespace"},), BucketPlan(slug, "k", (), "s", "{}"), plan)

    def events(self, action: str) -> list[bytes]:
        with self.db.transaction() as session:
            return list(session.scalars(select(EventRow.body).where(EventRow.action == action)))


@pytest.fixture
def bench(database: Database) -> Bench:
    clock = FakeClock()
    with database.transaction() as session:
        people = team(session, clock)
        active_project(session, people, "etude-un", [person(session, "anne", clock=clock)], clock)
    made = Bench(database, clock)
    drift.sweep(made.process())
    return made


def test_our_own_change_is_applied_without_an_alert(bench: Bench) -> None:
    assert bench.kubernetes.ensured == 1
    bench.kubernetes.wrong.append(INTRUDER)  # what our change looks like from outside
    bench.title = "v2"
    assert drift.sweep(bench.process()) == 0
    assert (bench.kubernetes.ensured, bench.vault.ensured) == (2, 2)
    assert bench.events("project.drift") == []
    assert len(bench.events("project.apply")) == 2


def test_a_change_by_others_is_named_alerted_and_repaired(bench: Bench) -> None:
    bench.kubernetes.wrong.append(INTRUDER)
    assert drift.sweep(bench.process()) == 1
    [event] = bench.events("project.drift")
    assert b"kubernetes:extra:NetworkPolicy/open" in event
    with bench.db.transaction() as session:
        [row] = service.drift_history(session, "etude-un")
        assert row.repaired_at is not None
        assert service.open_drift(session, "etude-un") == []
    assert bench.events("project.drift.repaired")
    assert drift.sweep(bench.process()) == 0
    assert len(bench.events("project.drift")) == 1


def test_what_stays_wrong_is_alerted_once_and_shown_until_it_ends(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.kubernetes.wrong.append(INTRUDER)
    monkeypatch.setattr(bench.kubernetes, "repair", lambda desired, found: 0)
    for _ in range(3):
        drift.sweep(bench.process())
    assert len(bench.events("project.drift")) == 1
    with bench.db.transaction() as session:
        assert [row.target for row in service.open_drift(session, "etude-un")] == ["NetworkPolicy/open"]


def test_a_repair_that_fails_is_told_and_the_next_round_goes_on(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.kubernetes.wrong.append(INTRUDER)

    def down(desired: Desired) -> Outcome:
        raise Temporary("down", "It is down.")

    with monkeypatch.context() as patch:
        patch.setattr(bench.objectstore, "ensure", down)
        assert drift.sweep(bench.process()) == 1
    assert drift.sweep(bench.process()) == 1
    assert drift.sweep(bench.process()) == 0


def test_a_hub_that_nobody_uses_goes_to_sleep_and_is_applied(bench: Bench) -> None:
    with bench.db.transaction() as session:
        project = service.get_project(session, "etude-un")
        project.last_used_at = bench.clock()
        record(session, by(WORKER, "project.used"))
    assert sweeps.put_to_sleep(bench.process()) == 0
    bench.clock.forward(minutes=31)
    assert sweeps.put_to_sleep(bench.process()) == 1
    with bench.db.transaction() as session:
        assert not session.scalars(select(Project.awake)).one()
        assert not service.project_spec(session, "etude-un").awake


@pytest.mark.parametrize("more", [0, 6])
def test_a_round_over_sound_projects_asks_the_same_few_questions_whatever_their_number(bench: Bench, more: int) -> None:
    with bench.db.transaction() as session:
        anyone = Team(*[Actor("person", f"a{n}", f"per-a{n}", frozenset({Role.AGENT})) for n in range(3)])
        for number in range(more):
            name = f"etude-{number}x"
            active_project(session, anyone, name, [person(session, f"p-{number}x", clock=bench.clock)], bench.clock)
    drift.sweep(bench.process())
    asked: list[str] = []

    def count(_conn: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        asked.append(statement)

    event.listen(bench.db.engine, "before_cursor_execute", count)
    try:
        assert drift.sweep(bench.process()) == 0
    finally:
        event.remove(bench.db.engine, "before_cursor_execute", count)
    assert len(asked) <= 8


def test_a_namespace_of_nobody_is_told_when_it_comes_and_when_it_goes(bench: Bench) -> None:
    process = bench.process()
    for there in (True, True, False, False):
        bench.kubernetes.nobodys = (Difference("kubernetes", "extra", "Namespace/tre-p-x"),) if there else ()
        drift.sweep(process)
    told = bench.events("platform.nobodys")
    assert [b"tre-p-x" in body for body in told] == [True, False]

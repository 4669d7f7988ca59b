"""Provisioning and closing: killed anywhere, run twice at once, or failing for good (issue: exactly one, or none)."""

import contextlib
import itertools
import threading
from collections import Counter
from dataclasses import dataclass, field

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.projects import FakeClock, Team, by, person, provisioning_project, team
from tre.core.errors import Conflict, Forbidden, Temporary
from tre.db.session import Database
from tre.projects import service
from tre.projects.desired.spec import BucketPlan, Desired, VaultPlan
from tre.projects.procedures import World, actions
from tre.projects.reconciler.providers import Difference, Outcome, Residue
from tre.projects.runner import Runner
from tre.projects.states import State

pytestmark = [pytest.mark.integration, pytest.mark.requirement("E33")]


_NUMBERS = itertools.count(100)  # an example of hypothesis may come twice: each needs a project of its own


class Killed(BaseException):
    """The process died: nothing after this runs, not even an error handler."""


@dataclass
class Ground:
    """What exists, how often each thing was made, and what shall go wrong at which call."""

    things: set[str] = field(default_factory=set)
    keys: set[str] = field(default_factory=set)
    calls: list[str] = field(default_factory=list)
    faults: dict[int, BaseException] = field(default_factory=dict)
    always: dict[str, BaseException] = field(default_factory=dict)

    def touch(self, what: str) -> None:
        index = len(self.calls)
        self.calls.append(what)
        if what in self.always:
            raise self.always[what]
        if index in self.faults:
            raise self.faults[index]


@dataclass
class GroundProvider:
    """A provider over a ``Ground``: it does its work, then dies if told to, so that work half recorded is met."""

    name: str
    ground: Ground

    def ensure(self, desired: Desired) -> Outcome:
        self.ground.things.add(f"{self.name}/{desired.slug}")
        if self.name == "vault":
            self.ground.keys.add(desired.slug)
        self.ground.touch(f"ensure {self.name}")
        return Outcome(self.name, 1)

    def drift(self, desired: Desired) -> tuple[Difference, ...]:
        return ()

    def destroy(self, slug: str) -> None:
        self.ground.touch(f"destroy {self.name}")
        self.ground.things.discard(f"{self.name}/{slug}")

    def residue(self, slug: str) -> tuple[Residue, ...]:
        target = f"{self.name}/{slug}"
        return (Residue(self.name, target),) if target in self.ground.things else ()

    def destroy_key(self, slug: str) -> None:
        self.ground.touch("destroy key")
        self.ground.keys.discard(slug)

    def key_residue(self, slug: str) -> tuple[Residue, ...]:
        return (Residue(self.name, f"key/{slug}"),) if slug in self.ground.keys else ()


def _desired(slug: str) -> Desired:
    return Desired(slug, (), BucketPlan(slug, f"p-{slug}", (), "s", "{}"), VaultPlan(slug, f"p-{slug}", slug, "s", ""))


def _world(ground: Ground, db: Database) -> World:
    def seen(what: str) -> None:
        ground.touch(what)

    def counted(what: str) -> int:
        ground.touch(what)
        return 0

    return World(
        kubernetes=GroundProvider("kubernetes", ground), objectstore=GroundProvider("objectstore", ground),
        vault=GroundProvider("vault", ground), desired=_desired,
        check_capacity=lambda slug: seen("capacity"), check_isolation=lambda slug: seen("isolation"),
        keep_facts=lambda slug, facts: None, end_sessions=lambda slug: counted("sessions"),
        withdraw_requests=lambda slug: counted("requests"), archive=lambda slug: {"n": counted("archive")},
        certify=lambda slug: {"n": counted("certificate")},
    )  # fmt: skip


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def people(database: Database, clock: FakeClock) -> Team:
    with database.transaction() as session:
        return team(session, clock)


def _start(db: Database, people: Team, clock: FakeClock, slug: str) -> None:
    with db.transaction() as session:
        provisioning_project(session, people, slug, [person(session, f"c-{slug}", clock=clock)], clock)


def _state(db: Database, slug: str) -> State:
    with db.transaction() as session:
        return service.get_project(session, slug).state


def _drive(runner: Runner, clock: FakeClock, slug: str, rounds: int = 60) -> None:
    """What the worker's sweeps do, with time passing in between."""
    for _ in range(rounds):
        try:
            if runner.advance(slug):
                return
        except Killed:
            pass
        clock.forward(seconds=120)
    raise AssertionError("the procedure did not come to an end")


def test_provisioning_makes_one_of_each_and_activates(database: Database, people: Team, clock: FakeClock) -> None:
    ground = Ground()
    _start(database, people, clock, "etude-un")
    assert Runner(database, actions(_world(ground, database)), clock).advance("etude-un")
    assert _state(database, "etude-un") is State.ACTIVE
    assert Counter(ground.calls) == Counter(
        ["capacity", "ensure vault", "ensure objectstore", "ensure kubernetes", "isolation"]
    )


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(kills=st.sets(st.integers(0, 9), max_size=4))
def test_a_worker_killed_anywhere_leaves_exactly_one_of_each(
    database: Database, people: Team, clock: FakeClock, kills: set[int]
) -> None:
    slug = f"etude-{next(_NUMBERS)}"
    ground = Ground(faults={index: Killed() for index in kills})
    _start(database, people, clock, slug)
    _drive(Runner(database, actions(_world(ground, database)), clock), clock, slug)
    assert _state(database, slug) is State.ACTIVE
    assert ground.things == {f"{name}/{slug}" for name in ("kubernetes", "objectstore", "vault")}


@pytest.mark.parametrize("step", ["capacity", "ensure vault", "ensure objectstore", "ensure kubernetes", "isolation"])
@pytest.mark.parametrize("error", [Temporary("down", "It is down."), Conflict("refused", "It refuses.")])
def test_failing_for_good_leaves_none(
    database: Database, people: Team, clock: FakeClock, step: str, error: Exception
) -> None:
    ground = Ground(always={step: error})
    _start(database, people, clock, "etude-deux")
    _drive(Runner(database, actions(_world(ground, database)), clock), clock, "etude-deux")
    with database.transaction() as session:
        project = service.get_project(session, "etude-deux")
        assert project.state is State.FAILED
        assert project.state_reason == error.code  # type: ignore[attr-defined]
    assert ground.things == set()
    assert ground.keys == set()


def test_a_failed_project_can_be_provisioned_again(database: Database, people: Team, clock: FakeClock) -> None:
    ground = Ground(always={"isolation": Conflict("leak", "A forbidden address answered.")})
    _start(database, people, clock, "etude-trois")
    runner = Runner(database, actions(_world(ground, database)), clock)
    _drive(runner, clock, "etude-trois")
    ground.always.clear()
    clock.forward(seconds=1)
    with database.transaction() as session:
        service.provision(session, "etude-trois", event=by(people.first, "project.provision"), clock=clock)
    _drive(runner, clock, "etude-trois")
    assert _state(database, "etude-trois") is State.ACTIVE


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(faults=st.dictionaries(st.integers(0, 12), st.sampled_from([Killed(), Temporary("down", "Down.")]), max_size=5))
def test_closing_ends_with_nothing_whatever_happens(
    database: Database, people: Team, clock: FakeClock, faults: dict[int, BaseException]
) -> None:
    slug = f"etude-{next(_NUMBERS)}"
    ground = Ground()
    _start(database, people, clock, slug)
    runner = Runner(database, actions(_world(ground, database)), clock)
    _drive(runner, clock, slug)
    with database.transaction() as session:
        service.announce_closing(session, slug, clock.today, event=by(people.first, "project.announce"), clock=clock)
        service.close(session, slug, event=by(people.first, "project.close"), clock=clock)
    ground.calls.clear()
    ground.faults = faults
    for _ in range(40):  # the guard on the certificate keeps the state at closing: this world issues none
        with contextlib.suppress(Killed, Conflict):
            runner.advance(slug)
        clock.forward(seconds=120)
    assert ground.things == set()
    assert ground.keys == set()
    order = [call for call in ground.calls if call.startswith("destroy")]
    assert order[-1] == "destroy key"


def test_a_dying_worker_that_is_refused_everything_decides_nothing(
    database: Database, people: Team, clock: FakeClock
) -> None:
    ground = Ground(always={"isolation": Forbidden("cluster-denied", "Unauthorized")})
    _start(database, people, clock, "etude-six")
    runner = Runner(database, actions(_world(ground, database)), clock)
    assert not runner.advance("etude-six")
    assert _state(database, "etude-six") is State.PROVISIONING
    ground.always.clear()
    clock.forward(seconds=5)
    assert runner.advance("etude-six")
    assert _state(database, "etude-six") is State.ACTIVE


def test_two_workers_at_once_run_each_step_once(database: Database, people: Team, clock: FakeClock) -> None:
    ground = Ground()
    _start(database, people, clock, "etude-quatre")
    runner = Runner(database, actions(_world(ground, database)), clock)
    threads = [threading.Thread(target=runner.advance, args=("etude-quatre",)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert max(Counter(ground.calls).values()) == 1
    assert _state(database, "etude-quatre") is State.ACTIVE


def test_an_unexpected_error_is_told_without_its_text(database: Database, people: Team, clock: FakeClock) -> None:
    ground = Ground(always={"ensure vault": RuntimeError("token s.SECRET")})
    _start(database, people, clock, "etude-cinq")
    Runner(database, actions(_world(ground, database)), clock).advance("etude-cinq")
    with database.transaction() as session:
        failed = next(step for step in service.steps(session, "etude-cinq") if step.error)
        assert "SECRET" not in failed.error
        assert failed.error_code == "unexpected"

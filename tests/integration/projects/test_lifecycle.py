"""Projects as people drive them: two people for what matters, refusals by code, an event beside every change."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from tests.support.projects import (
    WORKER,
    FakeClock,
    Team,
    active_project,
    actor,
    authorised_project,
    by,
    form,
    person,
    provisioning_project,
    team,
)
from tre.audit.models import EventRow
from tre.core.errors import Conflict, Forbidden, Invalid, NotFound, TreError
from tre.core.people import ANONYMOUS, Actor, Role
from tre.db.session import Database
from tre.projects import calendar, service
from tre.projects.desired.spec import PersonSpec
from tre.projects.forms import NamedPerson
from tre.projects.models import Project
from tre.projects.people import Person
from tre.projects.register import public_projects
from tre.projects.states import State

pytestmark = pytest.mark.integration


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def people(database: Database, clock: FakeClock) -> Team:
    with database.transaction() as session:
        return team(session, clock)


@pytest.fixture
def anne(database: Database, clock: FakeClock) -> Person:
    with database.transaction() as session:
        return person(session, "chercheuse-a", clock=clock)


@pytest.fixture
def bruno(database: Database, clock: FakeClock) -> Person:
    with database.transaction() as session:
        return person(session, "chercheur-b", clock=clock)


def _count(database: Database, model: type) -> int:
    with database.transaction() as session:
        return len(session.scalars(select(model)).all())


@pytest.mark.requirement("1.4.01")
def test_a_refused_authorisation_creates_nothing(database: Database, people: Team, anne: Person) -> None:
    bad = form("etude-un", [anne], legal_basis="")
    with pytest.raises(Invalid, match="legal-basis-missing"), database.transaction() as session:
        service.propose(session, bad, event=by(people.first), clock=FakeClock())
    assert _count(database, Project) == 0


def test_an_unknown_person_is_refused(database: Database, people: Team, anne: Person) -> None:
    unknown = replace(form("etude-un", [anne]), people=(NamedPerson("personne", lead=True),))
    with pytest.raises(Invalid, match="person-unknown"), database.transaction() as session:
        service.propose(session, unknown, event=by(people.first), clock=FakeClock())


def test_a_name_is_taken_for_ever(database: Database, people: Team, anne: Person) -> None:
    with database.transaction() as session:
        service.propose(session, form("etude-un", [anne]), event=by(people.first), clock=FakeClock())
        service.abandon(session, "etude-un", event=by(people.first), clock=FakeClock())
    with pytest.raises(Conflict, match="slug-taken"), database.transaction() as session:
        service.propose(session, form("etude-un", [anne]), event=by(people.first), clock=FakeClock())


@pytest.mark.requirement("E19")
@pytest.mark.parametrize("role", [Role.AGENT, Role.STEWARD, Role.SECURITY_OFFICER, Role.AUDITOR])
def test_who_runs_the_platform_is_never_a_member(database: Database, people: Team, role: Role) -> None:
    with database.transaction() as session:
        insider = person(session, "interne", role)
    with pytest.raises(Conflict, match="member-incompatible"), database.transaction() as session:
        service.propose(session, form("etude-un", [insider]), event=by(people.first), clock=FakeClock())


def test_only_another_entitled_person_confirms(database: Database, people: Team, anne: Person) -> None:
    with database.transaction() as session:
        service.propose(session, form("etude-un", [anne]), event=by(people.first), clock=FakeClock())
    twin = replace(people.first, label="another account of the same person", roles=frozenset({Role.SECURITY_OFFICER}))
    for who, code in [
        (people.first, "second-person"), (twin, "second-person"), (actor(anne), "role-missing"),
        (replace(actor(anne), roles=frozenset({Role.AGENT})), "own-authorisation"),
    ]:  # fmt: skip
        with pytest.raises(Forbidden, match=code), database.transaction() as session:
            service.confirm(session, "etude-un", event=by(who), clock=FakeClock())
    with database.transaction() as session:
        assert service.confirm(session, "etude-un", event=by(people.officer)).state is State.AUTHORISED


def test_provisioning_needs_the_quota_acknowledged_and_dates_in_force(
    database: Database, people: Team, anne: Person, clock: FakeClock
) -> None:
    with database.transaction() as session:
        authorised_project(session, people, "etude-un", [anne], clock)
    with pytest.raises(Conflict, match="capacity-not-acknowledged"), database.transaction() as session:
        service.provision(session, "etude-un", event=by(people.first), clock=clock)
    with database.transaction() as session:
        service.acknowledge_capacity(session, "etude-un", {"cpu": 4}, event=by(people.first), clock=clock)
    late = FakeClock(clock.now + timedelta(days=400))
    with pytest.raises(Conflict, match="authorisation-ended"), database.transaction() as session:
        service.provision(session, "etude-un", event=by(people.first), clock=late)


@pytest.mark.requirement("E33")
def test_provisioning_twice_starts_once(database: Database, people: Team, anne: Person, clock: FakeClock) -> None:
    with database.transaction() as session:
        provisioning_project(session, people, "etude-un", [anne], clock)
    with pytest.raises(Conflict, match="transition-refused"), database.transaction() as session:
        service.provision(session, "etude-un", event=by(people.second), clock=clock)
    with database.transaction() as session:
        assert len(service.steps(session, "etude-un")) == 5


def test_a_new_version_replaces_the_one_before_only_when_confirmed(
    database: Database, people: Team, anne: Person, bruno: Person, clock: FakeClock
) -> None:
    with database.transaction() as session:
        active_project(session, people, "etude-un", [anne], clock)
        service.propose_version(session, form("etude-un", [bruno], clock), event=by(people.first), clock=clock)
    with database.transaction() as session:
        assert [m.person_id for m in service.members(session, "etude-un", clock.today)] == [anne.id]
        service.confirm(session, "etude-un", event=by(people.second), clock=clock)
    with database.transaction() as session:
        assert [m.person_id for m in service.members(session, "etude-un", clock.today)] == [bruno.id]
        assert service.ever_named(session, "etude-un") == {anne.id, bruno.id}
        homes = service.project_spec(session, "etude-un").people
        assert homes == (PersonSpec("chercheur-b", lead=True), PersonSpec("chercheuse-a", lead=False))


def test_rights_end_on_their_day(
    database: Database, people: Team, anne: Person, bruno: Person, clock: FakeClock
) -> None:
    last = clock.today + timedelta(days=10)
    named = (NamedPerson("chercheuse-a", lead=True), NamedPerson("chercheur-b", ends_on=last))
    with database.transaction() as session:
        service.propose(
            session, replace(form("etude-un", [anne], clock), people=named), event=by(people.first), clock=clock
        )
        service.confirm(session, "etude-un", event=by(people.second), clock=clock)
    with database.transaction() as session:

        def on(day: date) -> bool:
            return service.membership(session, "etude-un", bruno.id, day) is not None

        assert [on(last), on(last + timedelta(days=1))] == [True, False]
        assert service.membership(session, "etude-un", anne.id, clock.today - timedelta(days=1)) is None


@pytest.mark.requirement("E39")
def test_a_freeze_survives_resuming_and_needs_both_sides_to_end(
    database: Database, people: Team, anne: Person, clock: FakeClock
) -> None:
    with database.transaction() as session:
        active_project(session, people, "etude-un", [anne], clock)
        service.freeze(session, "etude-un", "incident-1", event=by(people.officer), clock=clock)
        service.suspend(session, "etude-un", "incident-1", event=by(people.first), clock=clock)
        service.resume(session, "etude-un", event=by(people.first), clock=clock)
        assert service.get_project(session, "etude-un").frozen
        assert not service.project_spec(session, "etude-un").awake
        service.propose_unfreeze(session, "etude-un", event=by(people.first), clock=clock)
    for who, code in [(people.first, "second-person"), (people.second, "other-side"), (actor(anne), "role-missing")]:
        with pytest.raises(Forbidden, match=code), database.transaction() as session:
            service.confirm_unfreeze(session, "etude-un", event=by(who), clock=clock)
    with database.transaction() as session:
        assert not service.confirm_unfreeze(session, "etude-un", event=by(people.officer), clock=clock).frozen


def test_closing_waits_for_the_announced_day(database: Database, people: Team, anne: Person, clock: FakeClock) -> None:
    with database.transaction() as session:
        active_project(session, people, "etude-un", [anne], clock)
    with pytest.raises(Conflict, match="last-export-missing"), database.transaction() as session:
        service.close(session, "etude-un", event=by(people.first), clock=clock)
    last = clock.today + timedelta(days=5)
    with database.transaction() as session:
        service.announce_closing(session, "etude-un", last, event=by(people.first), clock=clock)
    with pytest.raises(Conflict, match="last-export-ahead"), database.transaction() as session:
        service.close(session, "etude-un", event=by(people.first), clock=clock)
    clock.forward(days=5)
    with database.transaction() as session:
        assert service.close(session, "etude-un", event=by(people.first), clock=clock).state is State.CLOSING


@pytest.mark.requirement("E15")
def test_unknown_and_forbidden_answer_alike(
    database: Database, people: Team, anne: Person, bruno: Person, clock: FakeClock
) -> None:
    with database.transaction() as session:
        active_project(session, people, "etude-un", [anne], clock)
    answers = []
    with database.transaction() as session:
        assert service.visible_project(session, "etude-un", actor(anne, Role.RESEARCHER)).slug == "etude-un"
        for slug, who in [
            ("etude-un", actor(bruno, Role.RESEARCHER)),
            ("etude-zz", people.first),
            ("etude-un", ANONYMOUS),
        ]:
            with pytest.raises(NotFound) as refused:
                service.visible_project(session, slug, who)
            answers.append(str(refused.value) + refused.value.remedy)
        assert service.visible_projects(session, actor(bruno, Role.RESEARCHER)) == []
    assert len(set(answers)) == 1


def test_the_actions_offered_are_those_that_pass(
    database: Database, people: Team, anne: Person, clock: FakeClock
) -> None:
    with database.transaction() as session:
        project = active_project(session, people, "etude-un", [anne], clock)

        def offered(who: Actor) -> list[str]:
            return service.allowed_actions(session, project, by(who), clock.today)

        assert offered(people.first) == ["suspend", "announce_closing"]
        assert offered(people.officer) == ["suspend"]
        assert offered(actor(anne, Role.RESEARCHER)) == []


@pytest.mark.requirement("E11")
def test_dates_suspend_and_a_renewal_restores(database: Database, people: Team, anne: Person, clock: FakeClock) -> None:
    with database.transaction() as session:
        active_project(session, people, "etude-un", [anne], clock)
    clock.forward(days=366)
    assert calendar.act(database, clock).stopped == ["etude-un"]
    assert calendar.act(database, clock).stopped == []
    with database.transaction() as session:
        assert service.get_project(session, "etude-un").state is State.SUSPENDED
        with pytest.raises(Conflict, match="authorisation-ended"):
            service.resume(session, "etude-un", event=by(people.first), clock=clock)
        service.propose_version(session, form("etude-un", [anne], clock), event=by(people.first), clock=clock)
        service.confirm(session, "etude-un", event=by(people.second), clock=clock)
    calendar.act(database, clock)
    with database.transaction() as session:
        assert service.get_project(session, "etude-un").state is State.ACTIVE


def test_a_warning_is_given_once(database: Database, people: Team, anne: Person, clock: FakeClock) -> None:
    with database.transaction() as session:
        active_project(session, people, "etude-un", [anne], clock)
    clock.forward(days=340)
    assert [action.code for action in calendar.act(database, clock).warned] == ["authorisation-ends"]
    assert calendar.act(database, clock).warned == []


@pytest.mark.requirement("E38")
def test_the_register_names_no_person(database: Database, people: Team, anne: Person, clock: FakeClock) -> None:
    with database.transaction() as session:
        authorised_project(session, people, "etude-un", [anne], clock)
        assert public_projects(session) == []
        active_project(session, people, "etude-deux", [anne], clock)
        [entry] = public_projects(session)
    assert entry.slug == "etude-deux"
    assert entry.status == "running"
    shown = repr(entry).lower()
    assert not any(word in shown for word in ("chercheuse", anne.id, "@", "agente", "per-"))


def test_every_change_has_its_event(database: Database, people: Team, anne: Person, clock: FakeClock) -> None:
    with database.transaction() as session:
        active_project(session, people, "etude-un", [anne], clock)
    with database.transaction() as session:
        actions = session.scalars(select(EventRow.action).where(EventRow.project == "etude-un")).all()
    assert {"project.propose", "project.confirm", "project.provision", "project.activate"} <= set(actions)
    with pytest.raises(DBAPIError, match="without an audit event"), database.transaction() as session:
        session.execute(text("UPDATE project SET title = 'autre'"))


def test_only_the_worker_activates(database: Database, people: Team, anne: Person, clock: FakeClock) -> None:
    with database.transaction() as session:
        provisioning_project(session, people, "etude-un", [anne], clock)
    refusals: list[tuple[Actor, type[TreError], str]] = [
        (people.first, Forbidden, "role-missing"), (WORKER, Conflict, "steps-not-done")
    ]  # fmt: skip
    for who, kind, code in refusals:
        with pytest.raises(kind, match=code), database.transaction() as session:
            service.activate(session, "etude-un", event=by(who), clock=clock)

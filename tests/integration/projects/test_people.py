"""Who somebody is and which roles are in force (acceptance 13, 14, 19; SATRE 1.5, 1.6)."""

import json
from datetime import timedelta

import pytest

from tests.support.projects import FakeClock, Team, active_project, actor, by, person, team
from tre.core.errors import Conflict, Forbidden, Invalid
from tre.core.people import Role, system
from tre.db.session import Database
from tre.projects import people as domain
from tre.projects import service
from tre.projects.people import Identity
from tre.projects.people.accounts import NewPerson
from tre.projects.people.bootstrap import bootstrap, read_grants
from tre.projects.people.standing import NewTerms, TrainingRecord, obstacles

pytestmark = pytest.mark.integration
ISSUER = "https://id.example.org/realms/tre"
SIGN_IN = by(system("web"), "person.sign-in")


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def staff(database: Database, clock: FakeClock) -> Team:
    with database.transaction() as session:
        return team(session, clock)


@pytest.mark.requirement("1.5.01")
def test_an_account_that_nobody_invited_is_nobody(database: Database) -> None:
    with pytest.raises(Forbidden, match="not-invited"), database.transaction() as session:
        domain.sign_in(session, Identity(ISSUER, "sub-1", username="agente-a"), event=SIGN_IN)


@pytest.mark.requirement("1.5.01")
def test_an_invitation_binds_one_account_once(database: Database, staff: Team, clock: FakeClock) -> None:
    with database.transaction() as session:
        invited, code = domain.invite(session, NewPerson("anne", "Anne A"), event=by(staff.first), clock=clock)
    with database.transaction() as session:
        found = domain.sign_in(session, Identity(ISSUER, "sub-1", invitation=code), event=SIGN_IN, clock=clock)
        assert found.id == invited.id
    with pytest.raises(Forbidden, match="invitation-invalid"), database.transaction() as session:
        domain.sign_in(session, Identity(ISSUER, "sub-2", invitation=code), event=SIGN_IN, clock=clock)
    with database.transaction() as session:
        assert domain.sign_in(session, Identity(ISSUER, "sub-1"), event=SIGN_IN, clock=clock).id == invited.id
        assert domain.find(session, ISSUER, "sub-1") is not None
        assert domain.find(session, "https://other.example.org", "sub-1") is None


def test_an_invitation_expires(database: Database, staff: Team, clock: FakeClock) -> None:
    with database.transaction() as session:
        _, code = domain.invite(session, NewPerson("anne", "Anne A"), event=by(staff.first), clock=clock)
    clock.forward(days=8)
    with pytest.raises(Forbidden, match="invitation-invalid"), database.transaction() as session:
        domain.sign_in(session, Identity(ISSUER, "sub-1", invitation=code), event=SIGN_IN, clock=clock)


@pytest.mark.requirement("E19")
def test_two_accounts_of_one_person_are_one_person(database: Database, staff: Team, clock: FakeClock) -> None:
    with database.transaction() as session:
        codes = [
            domain.invite(session, NewPerson("anne", "Anne A"), event=by(staff.first), clock=clock)[1] for _ in "12"
        ]
    with database.transaction() as session:
        ids = {
            domain.sign_in(session, Identity(ISSUER, f"sub-{code}", invitation=code), event=SIGN_IN, clock=clock).id
            for code in codes
        }
    assert len(ids) == 1


def test_a_role_needs_two_people_and_not_its_holder(database: Database, staff: Team, clock: FakeClock) -> None:
    with database.transaction() as session:
        anne = person(session, "anne", clock=clock)
        grant = domain.propose_role(session, anne.id, Role.REVIEWER, event=by(staff.first), clock=clock)
        token = frozenset({Role.REVIEWER})
        assert domain.roles_in_force(session, anne.id, token) == frozenset()
    holder = actor(anne, Role.AGENT)
    for who, code in [(staff.first, "second-person"), (holder, "second-person"), (actor(anne), "role-missing")]:
        with pytest.raises(Forbidden, match=code), database.transaction() as session:
            domain.confirm_role(session, grant.id, event=by(who), clock=clock)
    with database.transaction() as session:
        domain.confirm_role(session, grant.id, event=by(staff.officer), clock=clock)
        assert domain.roles_in_force(session, anne.id, token) == token
        assert domain.roles_in_force(session, anne.id, frozenset({Role.AGENT})) == frozenset()
        domain.revoke_role(session, grant.id, event=by(staff.first), clock=clock)
        assert domain.roles_in_force(session, anne.id, token) == frozenset()


def test_being_named_by_two_people_confirms_a_researcher(database: Database, staff: Team, clock: FakeClock) -> None:
    token = frozenset({Role.RESEARCHER})
    with database.transaction() as session:
        anne, bruno = person(session, "anne", clock=clock), person(session, "bruno", clock=clock)
        active_project(session, staff, "etude-un", [anne], clock)
        assert domain.roles_in_force(session, anne.id, token) == token
        assert domain.roles_in_force(session, bruno.id, token) == frozenset()


@pytest.mark.requirement("E19")
@pytest.mark.parametrize(
    ("held", "wanted"),
    [
        (Role.REVIEWER, Role.AGENT),
        (Role.AGENT, Role.REVIEWER),
        (Role.STEWARD, Role.AGENT),
        (Role.AUDITOR, Role.STEWARD),
    ],
)
def test_duties_that_exclude_each_other(
    database: Database, staff: Team, clock: FakeClock, held: Role, wanted: Role
) -> None:
    with database.transaction() as session:
        anne = person(session, "anne", held, clock=clock)
        with pytest.raises(Conflict, match="duties-incompatible"):
            domain.propose_role(session, anne.id, wanted, event=by(staff.first), clock=clock)


def test_a_member_cannot_become_a_steward(database: Database, staff: Team, clock: FakeClock) -> None:
    with database.transaction() as session:
        anne = person(session, "anne", clock=clock)
        active_project(session, staff, "etude-un", [anne], clock)
        with pytest.raises(Conflict, match="member"):
            domain.propose_role(session, anne.id, Role.STEWARD, event=by(staff.first), clock=clock)


@pytest.mark.requirement("E14")
def test_terms_and_training_stand_before_work(database: Database, staff: Team, clock: FakeClock) -> None:
    with database.transaction() as session:
        anne = person(session, "anne", clock=clock)
        domain.check_may_work(session, anne.id, clock.today)
        new = NewTerms("1", "Règles d'usage", clock.today)
        domain.publish_terms(session, new, event=by(staff.first), clock=clock)
        assert obstacles(session, anne.id, clock.today) == ["terms-not-accepted"]
        with pytest.raises(Invalid, match="terms-outdated"):
            domain.accept_terms(session, anne.id, "0", event=by(actor(anne)), clock=clock)
        accepted = domain.accept_terms(session, anne.id, "1", event=by(actor(anne)), clock=clock)
        assert len(accepted.text_sha256) == 64
        assert obstacles(session, anne.id, clock.today) == []
        service.freeze_person(session, anne.id, "incident-1", event=by(staff.officer), clock=clock)
        later = clock.today + timedelta(days=4000)
        assert obstacles(session, anne.id, later) == ["person-frozen", "training-expired"]
        with pytest.raises(Forbidden, match="person-frozen"):
            domain.check_may_work(session, anne.id, clock.today)


def test_nobody_records_their_own_training(database: Database, staff: Team, clock: FakeClock) -> None:
    record = TrainingRecord("Organisme", "C-1", clock.today)
    with pytest.raises(Forbidden, match="own-training"), database.transaction() as session:
        domain.record_training(session, staff.first.person_id or "", record, event=by(staff.first), clock=clock)


GRANTS = json.loads(
    '[{"username": "agente-z", "role": "agent", "confirmedBy": "securite-z", "displayName": "Agente Z"},'
    ' {"username": "securite-z", "role": "security-officer", "confirmedBy": "agente-z"}]'
)


def test_the_installation_names_the_first_people_once(database: Database, clock: FakeClock) -> None:
    grants = read_grants(GRANTS)
    for expected in (2, 0):
        with database.transaction() as session:
            assert bootstrap(session, ISSUER, grants, event=by(system("setup"), "role.bootstrap")) == expected
    with database.transaction() as session:
        first = domain.sign_in(session, Identity(ISSUER, "sub-1", username="agente-z"), event=SIGN_IN, clock=clock)
        assert domain.roles_in_force(session, first.id, frozenset({Role.AGENT})) == {Role.AGENT}
    with pytest.raises(Forbidden, match="not-invited"), database.transaction() as session:
        domain.sign_in(session, Identity(ISSUER, "sub-2", username="agente-z"), event=SIGN_IN, clock=clock)


@pytest.mark.parametrize("change", [{"role": "king"}, {"confirmedBy": "agente-z"}, {"username": "../x"}])
def test_first_grants_are_checked(change: dict[str, str]) -> None:
    with pytest.raises(Invalid):
        read_grants([{**GRANTS[0], **change}])

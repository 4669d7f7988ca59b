"""Sessions on a real PostgreSQL: credentials exist from the claim to the end, and no longer."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from tests.integration.workspace.platform import PERSON, PERSON_ID, SLUG, Platform, PodSeen, parts, standing
from tre.audit.events import AuditEvent
from tre.audit.models import EventRow
from tre.core.errors import Conflict, Forbidden, Invalid, NotFound, Temporary, TreError, Unauthorised, Unavailable
from tre.core.people import system
from tre.db.session import Database
from tre.sessions import service
from tre.sessions.contracts import Parts
from tre.sessions.models import WorkspaceSession
from tre.sessions.principal import principal_of
from tre.sessions.tokens import project_of, set_service_token

pytestmark = [pytest.mark.integration]
NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
ADDRESS = "10.1.0.7"


def event(action: str = "session.test") -> AuditEvent:
    return AuditEvent(action, system("test"), SLUG)


class Desk:
    """The service with a clock that a test moves."""

    def __init__(self, database: Database) -> None:
        self.database, self.now = database, NOW
        self.platform = Platform(people={PERSON_ID: standing()})
        self.parts: Parts = parts(self.platform, lambda: self.now)

    def issue(self) -> str:
        with self.database.transaction() as tx:
            return service.issue_ticket(tx, self.parts, SLUG, PERSON_ID, event=event("workspace.open"))

    def redeem(self, ticket: str, slug: str = SLUG) -> service.Entrant:
        with self.database.transaction() as tx:
            return service.redeem_ticket(tx, self.parts, slug, ticket, event=event("workspace.enter"))

    def start(self, profile: str | None = None) -> dict[str, Any]:
        with self.database.transaction() as tx:
            wish = service.SpawnRequest(SLUG, PERSON, profile)
            return service.start_session(tx, self.parts, wish, event=event("session.start")).plan

    def claim(self, plan: dict[str, Any], address: str = ADDRESS, nonce: str | None = None) -> dict[str, str]:
        with self.database.transaction() as tx:
            request = service.ClaimRequest(plan["session_id"], nonce or plan["nonce"], address)
            return service.claim(tx, self.parts, request, event=event("session.claim"))

    def live(self) -> tuple[dict[str, Any], dict[str, str]]:
        plan = self.start()
        self.platform.pods[plan["session_id"]] = PodSeen(ADDRESS)
        return plan, self.claim(plan)

    def listed(self, person: str | None = PERSON) -> list[dict[str, Any]]:
        with self.database.transaction() as tx:
            return service.live_sessions(tx, self.parts, SLUG, person)

    def end(self, session_id: str, reason: str = "stopped") -> None:
        with self.database.transaction() as tx:
            row = tx.get_one(WorkspaceSession, session_id)
            service.end_session(tx, self.parts, row, reason=reason, event=event("session.end"))

    def sweep(self) -> int:
        with self.database.transaction() as tx:
            return service.sweep(tx, self.parts, event=event("session.end"))

    def row(self, session_id: str) -> WorkspaceSession:
        with self.database.transaction() as tx:
            return tx.get_one(WorkspaceSession, session_id)


@pytest.fixture
def desk(database: Database) -> Desk:
    return Desk(database)


def test_a_ticket_opens_once(desk: Desk) -> None:
    ticket = desk.issue()
    assert desk.redeem(ticket).slug == PERSON
    with pytest.raises(Unauthorised, match="ticket-invalid"):
        desk.redeem(ticket)


def test_a_ticket_is_for_one_project_and_one_minute(desk: Desk) -> None:
    ticket = desk.issue()
    with pytest.raises(Unauthorised, match="ticket-invalid"):
        desk.redeem(ticket, "cohorte-b")
    desk.now += timedelta(seconds=60)
    with pytest.raises(Unauthorised, match="ticket-invalid"):
        desk.redeem(ticket)


@pytest.mark.parametrize(
    ("change", "kind", "code"),
    [
        ({"member": False}, NotFound, "project-unknown"),
        ({"frozen": True}, Forbidden, "project-frozen"),
        ({"project_state": "suspended"}, Forbidden, "project-not-active"),
        ({"hindrance": "training-expired"}, Forbidden, "training-expired"),
        ({"hindrance": "something-new"}, Forbidden, "something-new"),
    ],
)
def test_who_may_not_work_gets_no_ticket_no_session_no_credentials(
    desk: Desk, change: dict[str, Any], kind: type[TreError], code: str
) -> None:
    plan = desk.start()
    desk.platform.pods[plan["session_id"]] = PodSeen(ADDRESS)
    ticket = desk.issue()
    desk.platform.people[PERSON_ID] = replace(standing(), **change)
    for attempt in (desk.issue, lambda: desk.redeem(ticket), desk.start, lambda: desk.claim(plan)):
        with pytest.raises(kind, match=code):
            attempt()
    assert not desk.platform.users
    assert not desk.platform.tokens


def test_a_claim_makes_the_credentials_and_only_once(desk: Desk) -> None:
    plan = desk.start()
    assert not desk.platform.users, "nothing exists before the claim"
    desk.platform.pods[plan["session_id"]] = PodSeen(ADDRESS)
    files = desk.claim(plan)
    assert set(files) == {
        "workspace.json", "s3.json", "aws-credentials", "aws-config", "vault-token", "notebook-token", "session-token",
    }  # fmt: skip
    assert set(desk.platform.users) == desk.platform.tokens == {plan["session_id"]}
    with pytest.raises(Forbidden, match="claim-refused"):
        desk.claim(plan)


def test_a_claim_comes_from_the_pod_that_the_api_server_shows(desk: Desk) -> None:
    plan = desk.start()
    with pytest.raises(Temporary, match="pod-address-unknown"):
        desk.claim(plan)
    desk.platform.pods[plan["session_id"]] = PodSeen(None)
    with pytest.raises(Temporary, match="pod-address-unknown"):
        desk.claim(plan)
    desk.platform.pods[plan["session_id"]] = PodSeen(ADDRESS)
    with pytest.raises(Forbidden, match="claim-refused"):
        desk.claim(plan, address="10.1.0.8")
    with pytest.raises(Forbidden, match="claim-refused"):
        desk.claim(plan, nonce="x" * 43)
    assert desk.claim(plan)


def test_a_late_claim_is_refused(desk: Desk) -> None:
    plan = desk.start()
    desk.platform.pods[plan["session_id"]] = PodSeen(ADDRESS)
    desk.now += timedelta(minutes=16)
    with pytest.raises(Forbidden, match="claim-refused"):
        desk.claim(plan)


def test_a_claim_that_fails_half_way_leaves_nothing(desk: Desk) -> None:
    plan = desk.start()
    desk.platform.pods[plan["session_id"]] = PodSeen(ADDRESS)

    def down(what: str) -> None:
        if what == "vault":
            raise Unavailable("vault-unavailable", "down")

    desk.platform.down = down
    with pytest.raises(Unavailable, match="vault-unavailable"):
        desk.claim(plan)
    assert not desk.platform.users
    assert desk.row(plan["session_id"]).state == "starting"


def test_no_secret_is_in_the_database_or_the_log(desk: Desk) -> None:
    _, files = desk.live()
    secrets = [files[n] for n in ("vault-token", "notebook-token", "session-token")]
    with desk.database.transaction() as tx:
        rows = repr([vars(row) for row in tx.scalars(select(WorkspaceSession))])
        bodies = b"".join(tx.scalars(select(EventRow.body))).decode()
    for secret in secrets:
        assert secret not in rows
        assert secret not in bodies


def test_the_gateway_gets_the_token_of_one_person_only_when_it_names_them(desk: Desk) -> None:
    plan, files = desk.live()
    (entry,) = desk.listed()
    assert (entry["notebook_token"], entry["address"]) == (files["notebook-token"], ADDRESS)
    assert entry["session_id"] == plan["session_id"]
    assert "notebook_token" not in desk.listed(None)[0]
    assert desk.listed("chercheur-b") == []


def test_ending_kills_credentials_and_pod(desk: Desk) -> None:
    plan, files = desk.live()
    with desk.database.transaction() as tx:
        assert principal_of(tx, files["session-token"]).person_slug == PERSON
    desk.end(plan["session_id"])
    desk.end(plan["session_id"], "again")
    assert not desk.platform.users
    assert not desk.platform.tokens
    assert not desk.platform.pods
    assert desk.listed() == []
    assert desk.row(plan["session_id"]).reason == "stopped"
    with desk.database.transaction() as tx, pytest.raises(Unauthorised, match="session-token-invalid"):
        principal_of(tx, files["session-token"])


def test_a_new_session_replaces_the_former(desk: Desk) -> None:
    first, _ = desk.live()
    second = desk.start()
    assert desk.row(first["session_id"]).reason == "replaced"
    assert not desk.platform.users
    assert desk.row(second["session_id"]).state == "starting"


def test_what_could_not_be_revoked_is_tried_again(desk: Desk) -> None:
    plan, _ = desk.live()

    def down(what: str) -> None:
        raise Unavailable("s3-unavailable", what)

    desk.platform.down = down
    desk.end(plan["session_id"])
    assert desk.platform.users
    desk.platform.down = lambda _what: None
    desk.sweep()
    assert not desk.platform.users
    assert not desk.platform.tokens
    assert desk.row(plan["session_id"]).revoked


def test_end_all_ends_everything_and_voids_tickets(desk: Desk) -> None:
    desk.live()
    ticket = desk.issue()
    with desk.database.transaction() as tx:
        scope = service.Scope(slug=SLUG)
        assert service.end_all(tx, desk.parts, scope, reason="suspended", event=event("session.end")) == 1
    assert not desk.platform.users
    with pytest.raises(Unauthorised, match="ticket-invalid"):
        desk.redeem(ticket)


@pytest.mark.parametrize("change", [{"member": False}, {"frozen": True}, {"project_state": "suspended"}])
def test_the_sweep_ends_sessions_of_who_may_not_work_any_more(desk: Desk, change: dict[str, Any]) -> None:
    desk.live()
    assert desk.sweep() == 0
    desk.platform.people[PERSON_ID] = replace(standing(), **change)
    assert desk.sweep() == 1
    assert not desk.platform.users


def test_the_sweep_ends_sessions_without_a_pod_and_deletes_keys_without_a_session(desk: Desk) -> None:
    plan, _ = desk.live()
    desk.platform.users["ses-nobody"] = SLUG
    desk.platform.pods.clear()
    assert desk.sweep() == 1
    assert desk.row(plan["session_id"]).reason == "pod-gone"
    assert not desk.platform.users


def test_a_profile_that_is_not_offered_starts_nothing(desk: Desk) -> None:
    with pytest.raises(Invalid, match="profile-unknown"):
        desk.start("root")
    assert desk.start("r")["image"].startswith("registry.example/tre/r@sha256:")


def test_a_service_token_names_its_project_and_is_replaced_as_a_whole(desk: Desk) -> None:
    with desk.database.transaction() as tx:
        set_service_token(tx, SLUG, "first" * 8, event=event("project.service_token"))
    with desk.database.transaction() as tx:
        assert project_of(tx, "first" * 8) == SLUG
        set_service_token(tx, SLUG, "second" * 8, event=event("project.service_token"))
    with desk.database.transaction() as tx, pytest.raises(Unauthorised, match="service-token-invalid"):
        project_of(tx, "first" * 8)


def test_spark_has_a_pod_and_a_key_of_its_own_and_ends_with_the_session(desk: Desk) -> None:
    plan = desk.start("spark")
    desk.platform.pods[plan["session_id"]] = PodSeen(ADDRESS)
    with pytest.raises(Temporary, match="pod-address-unknown"):
        desk.claim(plan)
    desk.sweep()
    desk.sweep()
    (pod,) = desk.platform.made
    assert pod["metadata"]["labels"]["tre/component"] == "spark"
    assert pod["spec"]["automountServiceAccountToken"] is False
    desk.platform.sparks[plan["session_id"]] = PodSeen("10.1.0.9")
    nonce = next(e["value"] for e in pod["spec"]["initContainers"][0]["env"] if e["name"] == "TRE_NONCE")
    with pytest.raises(Forbidden, match="claim-refused"):
        desk.claim(plan, nonce=nonce, address=ADDRESS)
    spark = desk.claim(plan, nonce=nonce, address="10.1.0.9")
    assert set(spark) == {"aws-config", "aws-credentials"}
    with pytest.raises(Forbidden, match="claim-refused"):
        desk.claim(plan, nonce=nonce, address="10.1.0.9")
    assert '"spark": "sc://10.1.0.9:15002"' in desk.claim(plan)["workspace.json"]
    assert desk.sweep() == 0
    assert set(desk.platform.users) == {plan["session_id"], plan["session_id"] + "-spark"}
    desk.end(plan["session_id"])
    assert not desk.platform.users
    assert not desk.platform.made


def test_parts_that_are_down_do_not_keep_a_right_alive(desk: Desk) -> None:
    plan, _ = desk.live()

    def down(what: str) -> None:
        if what == "cluster":
            raise Unavailable("cluster-unavailable", what)

    desk.platform.down = down
    assert desk.sweep() == 0, "not knowing the pods ends nobody"
    desk.platform.people[PERSON_ID] = replace(standing(), project_state="suspended")
    assert desk.sweep() == 1
    assert desk.row(plan["session_id"]).reason == "project-not-active"
    assert not desk.platform.users


def test_a_session_that_became_live_after_the_list_of_pods_is_not_gone(desk: Desk) -> None:
    plan = desk.start()

    def claims_meanwhile(what: str) -> None:
        if what == "cluster":
            desk.platform.down = lambda _what: None
            desk.now += timedelta(seconds=1)
            desk.platform.pods[plan["session_id"]] = PodSeen(ADDRESS)
            desk.claim(plan)
            del desk.platform.pods[plan["session_id"]]

    desk.platform.down = claims_meanwhile
    assert desk.sweep() == 0


def test_a_notebook_that_failed_to_start_ends_at_once(desk: Desk) -> None:
    plan = desk.start()
    desk.platform.pods[plan["session_id"]] = PodSeen(ADDRESS, "Failed")
    assert desk.sweep() == 1
    assert desk.row(plan["session_id"]).reason == "start-failed"


def test_a_spark_server_that_cannot_be_made_ends_that_session_and_no_other(desk: Desk) -> None:
    plan = desk.start("spark")

    def refused(obj: dict[str, Any]) -> dict[str, Any]:
        raise Conflict("quota-exceeded", "exceeded quota")

    desk.platform.create = refused  # type: ignore[method-assign]
    desk.sweep()
    assert desk.row(plan["session_id"]).reason == "spark-unavailable"


@pytest.mark.requirement("E12")
def test_removing_one_person_ends_their_session_and_no_other(desk: Desk) -> None:
    mine, _ = desk.live()
    desk.platform.people["per-b"] = standing("per-b", "chercheur-b")
    with desk.database.transaction() as tx:
        wish = service.SpawnRequest(SLUG, "chercheur-b")
        theirs = service.start_session(tx, desk.parts, wish, event=event("session.start")).plan
    desk.platform.pods[theirs["session_id"]] = PodSeen("10.1.0.8")
    desk.claim(theirs, address="10.1.0.8")
    desk.platform.people[PERSON_ID] = replace(standing(), member=False)
    assert desk.sweep() == 1
    assert desk.row(mine["session_id"]).state == "ended"
    assert set(desk.platform.users) == {theirs["session_id"]}

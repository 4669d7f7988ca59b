"""Whatever anybody does in whatever order, a file leaves only with two entitled approvals on exactly those bytes.

The machine keeps its own account of who approved what; the released rows and bytes are compared with that account.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select, text

from tests.integration.egress.world import (
    AGENT,
    CHEF,
    CHERCHEUSE,
    FORM,
    MET,
    RELECTEUR_MEMBRE,
    RELECTEURS,
    SECURITE,
    SLUG,
    World,
    person,
)
from tests.services.databases import Databases
from tre.audit.events import AuditEvent
from tre.audit.service import record
from tre.core.errors import TreError
from tre.core.people import Actor, Role
from tre.egress import service
from tre.egress.checks import Context, FileReport, Finding, Input, Ledger, Location, Policy, Report, Severity
from tre.egress.checks.words import Words
from tre.egress.models import File, ReleasedFile
from tre.egress.votes import Decision

pytestmark = pytest.mark.integration

CONTENTS = (b"bon, version 1", b"bon, version 2", b"bloque: petits effectifs", b"identifiant direct")
RULES = {CONTENTS[2]: "FRQ-01", CONTENTS[3]: "ID-01"}
TWO_HATS = person("chercheuse-a", Role.RESEARCHER, Role.REVIEWER)  # the requester, under an account that may review
OFFICER_REVIEWER = person("relecteur-0", Role.REVIEWER, Role.SECURITY_OFFICER)
EVERYONE = (*RELECTEURS, CHERCHEUSE, CHEF, TWO_HATS, RELECTEUR_MEMBRE, SECURITE, AGENT, OFFICER_REVIEWER)
NAMES = ("a.csv", "b.csv")


def toy_check(inputs: Sequence[Input], policy: Policy, context: Context, ledger: Ledger) -> Report:
    """A check whose verdict is read off the bytes: the machine is about decisions, not about rules."""
    files = []
    for item in inputs:
        with open(item.path, "rb") as source:
            data = source.read()
        digest = hashlib.sha256(data).hexdigest()
        found = ()
        if data in RULES:
            place, words = Location(file=item.name), Words("constat", "finding")
            found = (Finding(RULES[data], 1, "x", Severity.BLOCK, place, words, digest[:20]),)
        files.append(FileReport(item.name, digest, len(data), "text/csv", found))
    return Report("snds-default", "1", policy.digest, "toy", context.digest(), ledger.digest(), tuple(files))


_FORGERY = """
INSERT INTO egress_vote (request_id, file_id, person_id, decision, binding, round, again, tie_break, answers, at)
SELECT request_id, file_id, :who, 'approve', binding, round, again, false, answers, at
FROM egress_vote WHERE file_id = :file LIMIT 1 ON CONFLICT DO NOTHING
"""
_PRETENCE = "UPDATE egress_request SET state = 'approved' WHERE id = :request AND state = 'review'"
released: list[str] = []  # so that the test can tell that the machine did reach releases


class Exports(RuleBasedStateMachine):
    def __init__(self, make: Callable[[], World]) -> None:
        super().__init__()
        self.world = make()
        self.named = set(self.world.project.shown.named)
        self.withdrawn_roles: set[str] = set()
        self.last: dict[tuple[str, str], tuple[Decision, str, str]] = {}  # (file, person) -> decision, sha, form
        self.answers: set[tuple[str, str, bool]] = set()  # (file, person, as officer)

    def attempt(self, verb: str, actor: Actor, *args: object) -> object:
        try:
            return self.world.do(verb, actor, *args)
        except TreError:
            return None

    @property
    def files(self) -> list[File]:
        return self.world.files(self.request_id)

    @initialize(names=st.sampled_from([NAMES[:1], NAMES]), content=st.sampled_from(CONTENTS))
    def begin(self, names: tuple[str, ...], content: bytes) -> None:
        self.start(names, content)

    def start(self, names: tuple[str, ...], content: bytes) -> None:
        self.request_id = self.world.drafted(dict.fromkeys(names, content)).id
        self.world.submit(self.world.request(self.request_id))
        self.world.check()
        for reviewer in RELECTEURS[:2]:
            self.world.do("claim", reviewer, self.request_id, True)

    @rule(name=st.sampled_from(NAMES), content=st.sampled_from(CONTENTS))
    def write(self, name: str, content: bytes) -> None:
        self.world.write(name, content)

    @rule(actor=st.sampled_from(EVERYONE), which=st.integers(0, 1), population=st.sampled_from(["tous", "adultes"]))
    def describe(self, actor: Actor, which: int, population: str) -> None:
        files = self.files
        if which < len(files):
            self.attempt("describe_file", actor, (self.request_id, files[which].id), {**FORM, "population": population})

    @rule()
    def submit(self) -> None:
        self.attempt("submit", CHERCHEUSE, self.request_id)
        if self.world.request(self.request_id).state == "signature":
            self.attempt("sign", CHEF, self.request_id, service.manifest_hash(self.files))

    @rule()
    def check(self) -> None:
        self.world.check()

    @rule(actor=st.sampled_from(EVERYONE), clean=st.sampled_from([True, True, True, False]))
    def claim(self, actor: Actor, clean: bool) -> None:
        self.attempt("claim", actor, self.request_id, clean)

    @rule(actor=st.sampled_from(RELECTEURS), verb=st.sampled_from(["leave", "declare_conflict"]))
    def give_up(self, actor: Actor, verb: str) -> None:
        extra = ("Absence prolongée, un autre reprend.",) if verb == "leave" else ()
        self.attempt(verb, actor, self.request_id, *extra)

    @rule(actor=st.sampled_from(EVERYONE), which=st.integers(0, 1), officer=st.booleans())
    def dispose(self, actor: Actor, which: int, officer: bool) -> None:
        files = self.files
        if which < len(files) and files[which].sha256:
            file = files[which]
            answer = service.Answer(
                file.id, str(file.sha256)[:20], "exception", "Examiné : sans risque pour quiconque."
            )
            row = self.attempt("dispose", actor, self.request_id, answer)
            if row is not None:
                self.answers.add((file.id + str(file.sha256) + file.context_hash, str(actor.person_id), row.officer))  # type: ignore[attr-defined]

    @rule(
        actor=st.sampled_from(EVERYONE),
        which=st.integers(0, 1),
        decision=st.sampled_from(
            [Decision.APPROVE, Decision.APPROVE, Decision.APPROVE, Decision.CHANGES, Decision.REJECT]
        ),
    )
    def vote(self, actor: Actor, which: int, decision: Decision) -> None:
        files = self.files
        if which < len(files):
            file = files[which]
            row = self.attempt("vote", actor, self.request_id, service.Opinion(file.id, decision, MET))
            if row is not None:
                self.last[file.id, str(actor.person_id)] = (decision, str(file.sha256), file.context_hash)

    @rule()
    def both_approve(self) -> None:
        for reviewer in RELECTEURS[:2]:
            for which in range(2):
                self.dispose(reviewer, which, False)
                self.dispose(SECURITE, which, True)
                self.vote(reviewer, which, Decision.APPROVE)

    @rule(actor=st.sampled_from(EVERYONE))
    def return_(self, actor: Actor) -> None:
        self.attempt("return_", actor, self.request_id, "À corriger avant toute relecture.")

    @rule(state=st.sampled_from(["active", "active", "suspended"]), frozen=st.sampled_from([False, False, True]))
    def project(self, state: str, frozen: bool) -> None:
        self.world.change_project(state=state, frozen=frozen)

    @rule(kind=st.sampled_from(["joins", "loses", "forged"]), who=st.sampled_from(RELECTEURS[:2]))
    def misfortune_between_approval_and_release(self, kind: str, who: Actor) -> None:
        """A reviewer joins the project, loses the role, or a vote is forged; things mend afterwards."""
        if kind != "forged":
            self.both_approve()
        named, withdrawn = set(self.named), set(self.withdrawn_roles)
        if kind == "joins":
            self.named.add(str(who.person_id))
        elif kind == "loses":
            self.withdrawn_roles.add(str(who.person_id))
        else:
            self._forge(RELECTEURS[1 - RELECTEURS.index(who)])
        self._apply()
        self.release()
        self.named, self.withdrawn_roles = named, withdrawn
        self._apply()

    def _apply(self) -> None:
        self.world.change_project(named=frozenset(self.named))
        self.world.project.no_longer_reviewers = frozenset(self.withdrawn_roles)

    def _forge(self, who: Actor) -> None:
        files = self.files
        if not files:
            return
        with self.world.tx() as session:
            session.execute(text(_FORGERY), {"who": who.person_id, "file": files[0].id})
            session.execute(text(_PRETENCE), {"request": self.request_id})
            record(session, AuditEvent("test.unrelated", SECURITE))

    @rule()
    def approve_and_release(self) -> None:
        self.both_approve()
        self.release()

    @rule(names=st.sampled_from([NAMES[:1], NAMES]), content=st.sampled_from(CONTENTS))
    def another_request(self, names: tuple[str, ...], content: bytes) -> None:
        if self.world.request(self.request_id).state in {"released", "rejected", "withdrawn"}:
            self.world.change_project(state="active", frozen=False)
            self.start(names, content)

    @rule()
    def withdraw_never_helps(self) -> None:
        self.attempt("withdraw", AGENT, self.request_id, "Retrait par une personne sans droit.")

    @rule()
    def release(self) -> None:
        shown = self.world.project.shown
        before = {file.id for file in self._released()}
        self.world.release()
        for file in self._released():
            if file.id not in before:
                assert shown.state == "active"
                assert not shown.frozen
                self._judge(file)
                released.append(file.id)

    @invariant()
    def nothing_else_is_in_the_bucket(self) -> None:
        held = {key for bucket, key in self.world.store.objects if bucket == f"tre-{SLUG}-released"}
        assert held == {file.key for file in self._released()}

    def _released(self) -> list[ReleasedFile]:
        with self.world.tx() as session:
            return list(session.scalars(select(ReleasedFile)))

    def _judge(self, out: ReleasedFile) -> None:
        data = self.world.store.objects[f"tre-{SLUG}-released", out.key]
        assert hashlib.sha256(data).hexdigest() == out.sha256
        with self.world.tx() as session:
            form = session.get_one(File, out.file_id).context_hash
        approvers = {
            who
            for (file_id, who), (decision, sha, said) in self.last.items()
            if file_id == out.file_id and decision is Decision.APPROVE and (sha, said) == (out.sha256, form)
        }
        entitled = approvers - self.named - self.withdrawn_roles
        assert len(entitled) >= 2
        if data in RULES:
            mark = out.file_id + out.sha256 + form
            assert sum((mark, who, False) in self.answers for who in entitled) >= 2
            if RULES[data] == "ID-01":
                assert any(key == mark and officer for key, _, officer in self.answers)


@pytest.mark.requirement("E18")
def test_no_sequence_of_calls_releases_without_two_entitled_approvals(databases: Databases) -> None:
    made: list[str] = []

    def make() -> World:
        name = databases.fresh()
        made.append(name)
        world = World(databases.connect(name, "tre_app"), databases.connect(name, "tre_sealer"))
        world.parts = replace(world.parts, checker=toy_check)
        return world

    class Machine(Exports):
        def __init__(self) -> None:
            super().__init__(make)

        def teardown(self) -> None:
            databases.drop(made.pop())

    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=25,
            stateful_step_count=20,
            deadline=None,
            derandomize=True,
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
        ),
    )
    assert released

"""Who may, as a truth table: every person against every duty (design §1)."""

from collections.abc import Callable
from types import SimpleNamespace

import pytest

from tre.core.errors import TreError
from tre.core.people import Actor, Role
from tre.egress import permissions as p
from tre.egress.contracts import ProjectView
from tre.egress.visibility import Blindness, Words, blindness, sees_comment, sees_votes_of

R = Role
PROJECT = ProjectView(
    "a", "A", "active", False, "snds-default",
    members=frozenset({"membre", "chef", "demandeuse"}), leads=frozenset({"chef"}), named=frozenset({"ancienne"}),
)  # fmt: skip


def who(person: str | None, *roles: Role) -> Actor:
    return Actor("person", person or "public", person, frozenset(roles))


PEOPLE = {
    "requester": who("demandeuse", R.RESEARCHER),
    "requester-as-reviewer": who("demandeuse", R.REVIEWER),
    "member": who("membre", R.RESEARCHER),
    "member-as-reviewer": who("membre", R.REVIEWER),
    "lead": who("chef", R.RESEARCHER),
    "former-member-reviewer": who("ancienne", R.REVIEWER),
    "stranger": who("autre", R.RESEARCHER),
    "reviewer": who("relecteur", R.REVIEWER),
    "reviewer-and-agent": who("double", R.REVIEWER, R.AGENT),
    "officer": who("securite", R.SECURITY_OFFICER),
    "officer-of-the-project": who("membre", R.SECURITY_OFFICER),
    "agent": who("agente", R.AGENT),
    "steward": who("gestionnaire", R.STEWARD),
    "auditor": who("auditrice", R.AUDITOR),
    "public": who(None),
}
DUTIES: dict[str, tuple[Callable[[Actor, SimpleNamespace], object], set[str]]] = {
    "make or edit": (p.check_requester, {"requester", "requester-as-reviewer"}),
    "sign": (lambda a, r: p.check_lead(a, PROJECT), {"lead"}),
    "review": (lambda a, r: p.check_reviewer(a, PROJECT, r), {"reviewer"}),
    "except": (lambda a, r: p.check_officer(a, PROJECT, r), {"officer"}),
    "see": (
        lambda a, r: p.check_see(a, PROJECT, r),
        {
            "requester", "requester-as-reviewer", "member", "member-as-reviewer", "lead", "reviewer",
            "reviewer-and-agent", "officer", "officer-of-the-project", "agent", "auditor",
        },
    ),
    "see content": (
        lambda a, r: p.check_see_content(a, PROJECT, r),
        {
            "requester", "requester-as-reviewer", "member", "member-as-reviewer", "lead", "reviewer",
            "reviewer-and-agent", "officer", "officer-of-the-project",
        },
    ),
}  # fmt: skip


@pytest.mark.parametrize("duty", DUTIES)
@pytest.mark.parametrize("name", PEOPLE)
def test_truth_table(duty: str, name: str) -> None:
    check, allowed = DUTIES[duty]
    request = SimpleNamespace(requester_id="demandeuse", state="review")
    try:
        check(PEOPLE[name], request)
        passed = True
    except TreError:
        passed = False
    assert passed == (name in allowed)


@pytest.mark.parametrize("state", ["draft", "signature"])
@pytest.mark.parametrize("name", ["reviewer", "officer"])
def test_reviewers_see_nothing_before_the_submission(state: str, name: str) -> None:
    request = SimpleNamespace(requester_id="demandeuse", state=state)
    assert not p.may_see_content(PEOPLE[name], PROJECT, request)


def test_unknown_and_forbidden_answer_alike() -> None:
    request = SimpleNamespace(requester_id="demandeuse", state="review")
    with pytest.raises(TreError) as refused:
        p.check_see(PEOPLE["stranger"], PROJECT, request)
    assert (refused.value.status, str(refused.value)) == (404, str(p.unknown()))


BLIND = [("review", "check", False), ("open", "vote", True), ("third", "vote", True), ("returned", "return", False),
         ("returned", "decide", True), ("approved", "decide", True), ("released", "release", True)]  # fmt: skip


@pytest.mark.parametrize(("state", "verb", "is_open"), BLIND)
def test_votes_are_blind_until_all_have_voted(state: str, verb: str, is_open: bool) -> None:
    blind = blindness(state, verb, 1, project_person=False)
    assert sees_votes_of(PEOPLE["reviewer"], "relecteur", blind)
    assert sees_votes_of(PEOPLE["reviewer"], "autre-relecteur", blind) == is_open
    assert not sees_votes_of(PEOPLE["requester"], "relecteur", blindness(state, verb, 1, project_person=True))


@pytest.mark.parametrize(
    ("reader", "private", "blind", "seen"),
    [
        ("reviewer", True, Blindness(False, False, False, 1), False),
        ("reviewer", False, Blindness(False, False, False, 1), False),
        ("reviewer", True, Blindness(True, False, False, 1), True),
        ("requester", False, Blindness(False, False, True, 1), False),
        ("requester", False, Blindness(False, True, True, 1), True),
        ("requester", False, Blindness(False, False, True, 2), True),
        ("requester", True, Blindness(True, True, True, 1), False),
        ("agent", True, Blindness(True, True, False, 1), False),
    ],
)
def test_comments_of_reviewers(reader: str, private: bool, blind: Blindness, seen: bool) -> None:
    words = Words("autre-relecteur", private, by_reviewer=True, round=1)
    assert sees_comment(PEOPLE[reader], words, blind) == seen

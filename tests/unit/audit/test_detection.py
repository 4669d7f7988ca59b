"""Each shipped rule on events that must alert and on events that must not; a normal day alerts nothing."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tre.audit.detection import Event, Rule, evaluate, load_rules, read_rules, subject_of
from tre.core.errors import Invalid

RULES = {rule.id: rule for rule in load_rules(Path(__file__).parents[3] / "policies")}
NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def event(
    action: str, at: datetime = NOON, outcome: str = "success", address: str | None = None, **detail: Any
) -> Event:
    actor = {"kind": "person", "label": "a", "person_id": "per-a"} | ({"address": address} if address else {})
    return {
        "id": f"evt-{action}-{at.timestamp()}-{outcome}", "action": action, "at": at.isoformat(), "outcome": outcome,
        "actor": actor, "project": "colon", "target": "ses-1", "detail": detail,
    }  # fmt: skip


@dataclass
class Past:
    """A history in memory; the event looked at is its last."""

    events: list[Event] = field(default_factory=list)

    def matching(self, rule: Rule, subject: str, since: datetime, until: datetime) -> Iterable[Event]:
        for one in self.events:
            if since <= datetime.fromisoformat(one["at"]) <= until and subject_of(rule, one) == subject:
                yield one

    def addresses(self, person: str, before: datetime) -> set[str]:
        found = (
            e for e in self.events if e["action"] == "session.sign-in" and datetime.fromisoformat(e["at"]) < before
        )
        return {e["actor"]["address"] for e in found if e["actor"].get("address")}


def many(count: int, action: str, step: float = 1, **more: Any) -> list[Event]:
    """Events up to noon, ``step`` seconds apart."""
    return [event(action, NOON - timedelta(seconds=step * i), **more) for i in reversed(range(count))]


def daily(days: int, action: str, count: int = 1, **more: Any) -> list[Event]:
    return [
        event(action, NOON - timedelta(days=d, minutes=i), **more)
        for d in range(days, 0, -1)
        for i in range(1, count + 1)
    ]


YESTERDAY = NOON - timedelta(days=1)
ALERTS: dict[str, list[Event]] = {
    "DET-01": many(6, "s3.get", read=10**9),
    "DET-02": many(10, "egress.submit", 60),
    "DET-03": [event("session.start", NOON.replace(hour=2))],
    "DET-04": [event("session.sign-in", YESTERDAY, address="192.0.2.1"), event("session.sign-in", address="192.0.2.9")],
    "DET-05": many(15, "project.show", outcome="refused"),
    "DET-06": [event("gateway.budget", outcome="refused")],
    "DET-07": [event("s3.get", object="colon/canary-77.csv")],
    "DET-08": [event("audit.day-late")],
    "DET-09": [event("gateway.execute", source_at=(NOON - timedelta(minutes=3)).isoformat())],
    "DET-10": [event("s3.get", unattributed=True)],
    "DET-11": [event("role.confirm")],
    "DET-12": [event("project.drift")],
    "DET-13": [event("k8s.exec", direct=True)],
    "DET-14": [event("s3.get", outcome="refused", other_project="lung")],
    "DET-15": many(10, "vault.read", outcome="refused"),
}
CALM: dict[str, list[Event]] = {
    "DET-01": [
        *(event("s3.get", NOON - timedelta(hours=h, minutes=30), read=2 * 10**9) for h in range(8, 0, -1)),
        *many(6, "s3.get", read=10**9),
    ],
    "DET-02": [*daily(9, "egress.submit", 5), *many(11, "egress.submit", 60)],
    "DET-03": [event("session.start", NOON.replace(hour=9))],
    "DET-04": [event("session.sign-in", YESTERDAY, address="192.0.2.1"), event("session.sign-in", address="192.0.2.1")],
    "DET-05": many(40, "gateway.refused", outcome="refused"),
    "DET-06": [event("gateway.executed", output=10)],
    "DET-07": [event("s3.get", object="colon/colon.csv")],
    "DET-08": [event("audit.day-sealed")],
    "DET-09": [event("gateway.execute", source_at=(NOON - timedelta(seconds=3)).isoformat())],
    "DET-10": [event("s3.get")],
    "DET-11": [event("role.confirm", outcome="refused")],
    "DET-12": [event("project.drift.repaired")],
    "DET-13": [event("k8s.create")],
    "DET-14": [event("s3.get", outcome="refused")],
    "DET-15": many(9, "vault.read", outcome="refused"),
}


def look(events: list[Event], rules: Iterable[Rule]) -> set[str]:
    """The rules that the last event completes."""
    return {rule.id for rule in rules if evaluate(rule, events[-1], Past(events)) is not None}


def test_every_shipped_rule_has_both_examples() -> None:
    assert set(RULES) == set(ALERTS) == set(CALM)


@pytest.mark.parametrize("rule", RULES)
def test_what_must_alert_alerts(rule: str) -> None:
    assert rule in look(ALERTS[rule], RULES.values())


@pytest.mark.parametrize("rule", RULES)
def test_what_is_usual_does_not(rule: str) -> None:
    assert rule not in look(CALM[rule], RULES.values())


def test_a_first_sign_in_has_no_usual_address() -> None:
    assert look([event("session.sign-in", address="192.0.2.1")], [RULES["DET-04"]]) == set()


def test_a_normal_session_alerts_nothing() -> None:
    day: list[Event] = [event("session.sign-in", YESTERDAY, address="192.0.2.1")]
    actions = ["session.sign-in", "workspace.ticket", "session.start", "session.claim", "gateway.connect", "s3.get"]
    work = ["gateway.execute", "gateway.executed", "gateway.open"] * 50
    for i, action in enumerate([*actions, *work, "egress.submit"]):
        at = NOON.replace(hour=9) + timedelta(seconds=20 * i)
        source = {"source_at": (at - timedelta(seconds=1)).isoformat()} if action.startswith(("gateway", "s3")) else {}
        day.append(event(action, at, address="192.0.2.1", read=10**6, **source))
    for i in range(2, len(day) + 1):
        assert look(day[:i], RULES.values()) == set()


@pytest.mark.parametrize(
    "text",
    [
        "rules: {X: {severity: high, actions: [a.b], by: person}}",
        "rules: {X: {title: {fr: a, en: a}, severity: huge, actions: [a.b], by: person}}",
        "rules: {X: {title: {fr: a, en: a}, severity: high, actions: [a.b], by: person, count: true}}",
        "rules: {X: {title: {fr: a, en: a}, severity: high, actions: [a.b], by: person, window: soon}}",
        "rules: {X: {title: {fr: a, en: a}, severity: high, actions: [a.b], by: person, unknown: 1}}",
    ],
)
def test_a_rule_that_cannot_work_is_refused_by_name(text: str) -> None:
    with pytest.raises(Invalid, match="Rule X"):
        read_rules(text)

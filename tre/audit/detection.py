"""Detection rules: read from files, evaluated on one event at a time with what came before it. Pure but for history."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol
from zoneinfo import ZoneInfo

import yaml

from tre.core.errors import Invalid

PARIS = ZoneInfo("Europe/Paris")
SEVERITIES = ("low", "medium", "high", "critical")
SUBJECTS = ("person", "project", "session", "rule")
_WINDOW = re.compile(r"^(\d{1,4})([mhd])$")
_UNITS = {"m": 60, "h": 3600, "d": 86400}
_USUAL_OVER = 28  # windows at most that make up what is usual
Event = Mapping[str, Any]


@dataclass(frozen=True)
class Rule:
    """One rule as its file has it (policies/detection/rules.yaml tells the fields)."""

    id: str
    title: Mapping[str, str]
    severity: str
    actions: tuple[str, ...]
    by: str
    excluded: tuple[str, ...] = ()
    outcome: str | None = None
    where: Mapping[str, Any] = field(default_factory=dict)
    count: bool = False
    sum: str | None = None
    over: int = 1
    usual: float | None = None
    history: int = 5
    window: timedelta = timedelta(0)
    outside: tuple[int, int] | None = None
    unseen: str | None = None
    offset: float | None = None


class History(Protocol):
    """What came before an event, as the log holds it."""

    def matching(self, rule: Rule, subject: str, since: datetime, until: datetime) -> Iterable[Event]: ...
    def addresses(self, person: str, before: datetime) -> set[str]: ...


@dataclass(frozen=True)
class Finding:
    """A rule that an event, with those before it, fulfils; ``events`` are the ids that show it."""

    rule: Rule
    subject: str
    events: tuple[str, ...]
    measured: float


def load_rules(policies: Path) -> list[Rule]:
    """The rules of every file in ``detection/``; raises Invalid ``detection-invalid`` naming the rule."""
    rules: list[Rule] = []
    for file in sorted((policies / "detection").glob("*.yaml")):
        rules += read_rules(file.read_text())
    return rules


def read_rules(text: str) -> list[Rule]:
    """The rules of one file; raises Invalid ``detection-invalid``."""
    given = (yaml.safe_load(text) or {}).get("rules", {})
    return [_rule(name, dict(fields)) for name, fields in given.items()]


def _rule(name: str, given: dict[str, Any]) -> Rule:
    try:
        made = Rule(
            id=name, title=given.pop("title"), severity=given.pop("severity"), by=given.pop("by"),
            actions=tuple(given.pop("actions")), excluded=tuple(given.pop("except", ())),
            window=_window(given.pop("window", "0m")),
            outside=tuple(given.pop("outside")) if "outside" in given else None, **given,
        )  # fmt: skip
    except (KeyError, TypeError, ValueError) as error:
        raise Invalid("detection-invalid", f"Rule {name} cannot be read: {error}.") from error
    known = made.severity in SEVERITIES and made.by in SUBJECTS and {"fr", "en"} <= set(made.title)
    if not known or ((made.count or made.sum) and not made.window):
        raise Invalid("detection-invalid", f"Rule {name} lacks a title, a known severity, subject or window.")
    return made


def _window(text: str) -> timedelta:
    found = _WINDOW.match(text)
    if not found:
        raise ValueError("a window is a number and m, h or d")
    return timedelta(seconds=int(found.group(1)) * _UNITS[found.group(2)])


def applies(rule: Rule, event: Event) -> bool:
    """True when the event is of the kind that the rule looks at."""
    if not _named(event["action"], rule.actions) or _named(event["action"], rule.excluded):
        return False
    if rule.outcome and event["outcome"] != rule.outcome:
        return False
    return all(_holds(event["detail"].get(key), wanted) for key, wanted in rule.where.items())


def _named(action: str, patterns: Iterable[str]) -> bool:
    return any(p in ("*", action) or (p.endswith(".*") and action.startswith(p[:-1])) for p in patterns)


def _holds(value: Any, wanted: Any) -> bool:
    if not isinstance(wanted, Mapping):
        return bool(value == wanted)
    if "contains" in wanted:
        return str(wanted["contains"]) in str(value or "")
    return bool(value) == bool(wanted.get("present"))


def subject_of(rule: Rule, event: Event) -> str | None:
    """Whose event it is for this rule; None when it is nobody's, and then the rule says nothing."""
    if rule.by == "rule":
        return rule.id
    if rule.by == "person":
        found = event["actor"].get("person_id")
    else:
        found = event.get("project") if rule.by == "project" else event.get("target")
    return str(found) if found else None


def evaluate(rule: Rule, event: Event, history: History) -> Finding | None:
    """The finding that this event completes, or None."""
    if not applies(rule, event):
        return None
    subject = subject_of(rule, event)
    at = datetime.fromisoformat(event["at"])
    if subject is None or not _unusual(rule, event, at, history):
        return None
    if not (rule.count or rule.sum):
        return Finding(rule, subject, (event["id"],), 1)
    events = [e for e in history.matching(rule, subject, at - rule.window, at) if applies(rule, e)]
    measured = _measure(rule, events)
    if measured < rule.over or not _over_usual(rule, subject, at, measured, history):
        return None
    return Finding(rule, subject, tuple(str(e["id"]) for e in events[-50:]), measured)


def _unusual(rule: Rule, event: Event, at: datetime, history: History) -> bool:
    """The conditions on the event alone: hour, address, clock."""
    if rule.outside is not None:
        begin, end = rule.outside
        if begin <= at.astimezone(PARIS).hour < end:
            return False
    if rule.unseen == "address":
        person, address = event.get("target") or event["actor"].get("person_id"), event["actor"].get("address")
        seen = history.addresses(str(person), at)
        if not address or not seen or address in seen:
            return False
    if rule.offset is not None:
        source = event["detail"].get("source_at")
        if not source or abs((at - datetime.fromisoformat(source)).total_seconds()) < rule.offset:
            return False
    return True


def _measure(rule: Rule, events: list[Event]) -> float:
    return sum(float(e["detail"].get(rule.sum) or 0) for e in events) if rule.sum else float(len(events))


def _over_usual(rule: Rule, subject: str, at: datetime, measured: float, history: History) -> bool:
    """True without a baseline: a subject without a past is held to the absolute limit alone."""
    if rule.usual is None:
        return True
    begin = at - rule.window
    earlier = list(history.matching(rule, subject, begin - rule.window * _USUAL_OVER, begin))
    windows: dict[int, list[Event]] = {}
    for event in earlier:
        if applies(rule, event):
            age = begin - datetime.fromisoformat(event["at"])
            windows.setdefault(int(age / rule.window), []).append(event)
    if len(windows) < rule.history:
        return True
    usual = sum(_measure(rule, group) for group in windows.values()) / len(windows)
    return measured >= rule.usual * usual

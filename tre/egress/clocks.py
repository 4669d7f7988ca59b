"""Clocks of a request: how long each side has had it. The reviewers' clock pauses while the researcher has it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from tre.egress.states import REQUEST


class StepFacts(Protocol):
    @property
    def at(self) -> datetime: ...
    @property
    def target(self) -> str: ...


@dataclass(frozen=True)
class Clocks:
    """Time spent by each side since creation; ``waits_on`` is whose turn it is, empty at the end."""

    researcher: timedelta
    reviewers: timedelta
    system: timedelta
    waits_on: str
    since: datetime


def clocks(created_at: datetime, steps: Sequence[StepFacts], now: datetime) -> Clocks:
    """From the steps alone, so that a clock can never disagree with what happened."""
    spent = {"researcher": timedelta(), "reviewers": timedelta(), "system": timedelta()}
    owner, since = REQUEST.owner[REQUEST.initial], created_at
    for step in steps:
        new_owner = REQUEST.owner[step.target]
        if new_owner == owner:
            continue
        if owner:
            spent[owner] += step.at - since
        owner, since = new_owner, step.at
    if owner:
        spent[owner] += now - since
    return Clocks(spent["researcher"], spent["reviewers"], spent["system"], owner, since)

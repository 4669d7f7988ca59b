"""The only module of this package that knows the projects domain and the engine: it fills in `contracts`."""

from pathlib import Path
from typing import Protocol

from sqlalchemy.orm import Session

from tre.core.backoff import Backoff
from tre.core.clock import Clock
from tre.datasets.contracts import Authorised, Parts, Problem, Store
from tre.egress.checks import Context, Input, Ledger, Policy, Severity, check, rule_by_id
from tre.projects import service as projects

# What searches an extract: the identifier rules. Row-level data is what an extract is, so other rules say nothing here.
_FAMILY = "ID-"
_BACKOFF = Backoff()  # of this process


class ServicesLike(Protocol):
    """What is used of the process's services (`tre.api.context.Services`)."""

    @property
    def store(self) -> Store: ...
    @property
    def clock(self) -> Clock: ...


class FromProjects:
    """Answers of the projects domain."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def authorised(self, session: Session, slug: str) -> Authorised:
        """What the authorisation in force names; raises NotFound for an unknown project."""
        project = projects.get_project(session, slug)
        current = project.authorisation
        return Authorised(
            slug=slug,
            state=project.state.value,
            datasets={d.dataset: frozenset(d.variables) for d in current.datasets} if current else {},
            named=projects.ever_named(session, slug),
            members=frozenset(m.person_id for m in projects.members(session, slug, self._clock().date())),
        )


def search(name: str, path: Path) -> list[Problem]:
    """Direct identifiers in a data file, by the engine in its sandbox. A file that was not read whole is a problem."""
    report = check([Input(name, path)], Policy.load("snds-default"), Context(), Ledger())
    problems = []
    for finding in report.findings:
        unread = finding.rule.startswith("RUN-")
        if unread or (finding.rule.startswith(_FAMILY) and finding.severity is Severity.BLOCK):
            rule = rule_by_id(finding.rule)
            title = rule.title.fr if rule else finding.rule
            where = finding.location.cells or (f"line {finding.location.line}" if finding.location.line else "")
            problems.append(Problem(finding.rule, name, f"{title} {where}".strip()))
    return problems


def parts_of(services: ServicesLike) -> Parts:
    """The parts that dataset verbs need, from a process's services."""
    return Parts(services.store, FromProjects(services.clock), search, services.clock, _BACKOFF)

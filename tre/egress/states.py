"""Transition tables of export requests and of their files, as data (design §7).

docs/export.md holds the diagrams that `mermaid` makes of them; a test walks every pair of state and verb.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from tre.core.errors import Conflict


@dataclass(frozen=True)
class Transition:
    """``verb`` leads from ``source`` to ``target``; ``by`` says whose act it is, ``waits_on`` who acts next."""

    verb: str
    source: str
    target: str
    by: str


@dataclass(frozen=True)
class Table:
    """A state machine as data. ``owner`` says, for each state, on whom the clock runs (nobody once it ended)."""

    name: str
    initial: str
    owner: dict[str, str]
    transitions: tuple[Transition, ...]

    @property
    def states(self) -> tuple[str, ...]:
        return tuple(self.owner)

    @property
    def verbs(self) -> tuple[str, ...]:
        return tuple(sorted({row.verb for row in self.transitions}))

    def targets(self, state: str, verb: str) -> frozenset[str]:
        """Where ``verb`` may lead from ``state``; empty when it may not be done there."""
        return frozenset(row.target for row in self.transitions if row.source == state and row.verb == verb)

    def check(self, state: str, verb: str) -> None:
        """Raise Conflict ``<name>-state`` unless ``verb`` exists in ``state``."""
        if not self.targets(state, verb):
            allowed = sorted({row.verb for row in self.transitions if row.source == state})
            raise Conflict(
                f"{self.name}-state",
                f"'{verb}' is not possible while the {self.name} is '{state}'.",
                f"Possible now: {', '.join(allowed)}." if allowed else "Nothing more can be done: make a new request.",
            )

    def move(self, state: str, verb: str, target: str) -> str:
        """``target``, when the table has this transition; raises Conflict otherwise."""
        self.check(state, verb)
        if target not in self.targets(state, verb):
            raise Conflict(
                f"{self.name}-state", f"'{verb}' does not lead from '{state}' to '{target}'.", "Reload and try again."
            )
        return target


def _rows(verb: str, by: str, arrows: dict[str, str]) -> Iterator[Transition]:
    for source, targets in arrows.items():
        for target in targets.split():
            yield Transition(verb, source, target, by)


REQUEST = Table(
    "request",
    "draft",
    {
        "draft": "researcher",
        "signature": "researcher",
        "checking": "system",
        "held": "system",
        "review": "reviewers",
        "open": "reviewers",
        "third": "reviewers",
        "returned": "researcher",
        "approved": "system",
        "released": "",
        "rejected": "",
        "withdrawn": "",
    },
    (
        *_rows("edit", "requester", {"draft": "draft", "returned": "returned"}),
        *_rows("submit", "requester", {"draft": "signature checking", "returned": "signature checking"}),
        *_rows("sign", "lead", {"signature": "checking"}),
        *_rows("decline", "lead", {"signature": "returned"}),
        *_rows("check", "system", {"checking": "review held"}),
        *_rows("recheck", "reviewer", {"held": "checking"}),
        *_rows("claim", "reviewer", {"review": "review", "third": "third"}),
        *_rows("vote", "reviewer", {"review": "review open", "open": "open third", "third": "third"}),
        *_rows(
            "decide",
            "system",
            {
                "review": "approved rejected returned",
                "open": "approved rejected returned",
                "third": "approved rejected returned",
            },
        ),
        *_rows("return", "reviewer", {"review": "returned", "open": "returned", "third": "returned"}),
        *_rows("reopen", "system", {"approved": "review", "open": "review", "third": "review"}),
        *_rows("release", "system", {"approved": "released"}),
        *_rows(
            "withdraw",
            "requester",
            dict.fromkeys(
                ("draft", "signature", "checking", "held", "review", "open", "third", "returned", "approved"),
                "withdrawn",
            ),
        ),
    ),
)

FILE = Table(
    "file",
    "chosen",
    {
        "chosen": "researcher",
        "pinned": "system",
        "checked": "reviewers",
        "approved": "system",
        "changes": "researcher",
        "rejected": "",
        "released": "",
        "replaced": "",
        "dropped": "",
    },
    (
        *_rows("describe", "requester", {s: s for s in ("chosen", "pinned", "checked", "approved", "changes")}),
        *_rows(
            "pin",
            "requester",
            dict.fromkeys(("chosen", "pinned", "checked", "approved", "changes", "rejected"), "pinned"),
        ),
        *_rows(
            "replace", "requester", dict.fromkeys(("pinned", "checked", "approved", "changes", "rejected"), "replaced")
        ),
        *_rows(
            "drop",
            "requester",
            dict.fromkeys(("chosen", "pinned", "checked", "approved", "changes", "rejected"), "dropped"),
        ),
        *_rows("check", "system", {"pinned": "checked", "approved": "checked"}),
        *_rows("decide", "system", {"checked": "approved changes rejected"}),
        *_rows("release", "system", {"approved": "released"}),
    ),
)


def mermaid(table: Table) -> str:
    """The table as a Mermaid state diagram, for docs/export.md."""
    lines = ["stateDiagram-v2", f"    [*] --> {table.initial}"]
    lines += [f"    {row.source} --> {row.target}: {row.verb} ({row.by})" for row in table.transitions]
    lines += [f"    {state} --> [*]" for state in table.states if not table.owner[state]]
    return "\n".join(lines)

"""Transition tables of versions, extracts and attachments, as data; docs/export.md draws them."""

from dataclasses import dataclass

from tre.core.errors import Conflict


@dataclass(frozen=True)
class Table:
    """``arrows`` maps (state, verb) to the next state."""

    name: str
    initial: str
    arrows: dict[tuple[str, str], str]

    @property
    def states(self) -> frozenset[str]:
        return frozenset({self.initial, *self.arrows.values(), *(source for source, _ in self.arrows)})

    @property
    def verbs(self) -> frozenset[str]:
        return frozenset(verb for _, verb in self.arrows)

    def move(self, state: str, verb: str) -> str:
        """The next state; raises Conflict ``<name>-state`` when the table has none."""
        target = self.arrows.get((state, verb))
        if target is None:
            allowed = sorted(known for source, known in self.arrows if source == state)
            raise Conflict(
                f"{self.name}-state",
                f"'{verb}' is not possible while the {self.name} is '{state}'.",
                f"Possible now: {', '.join(allowed)}." if allowed else "Nothing more can be done with it.",
            )
        return target


VERSION = Table(
    "version",
    "draft",
    {("draft", "publish"): "published", ("published", "withdraw"): "withdrawn"},
)
EXTRACT = Table(
    "extract",
    "loading",
    {
        ("loading", "upload"): "loading",
        ("loading", "complete"): "checking",
        ("checking", "accept"): "checked",
        ("checking", "refuse"): "refused",
        ("checked", "approve"): "approved",
        ("checked", "reject"): "refused",
        ("approved", "lock"): "locked",
        ("loading", "abandon"): "abandoned",
        ("checked", "abandon"): "abandoned",
    },
)
ATTACHMENT = Table(
    "attachment",
    "proposed",
    {("proposed", "approve"): "approved", ("proposed", "refuse"): "refused", ("approved", "detach"): "detached"},
)


def mermaid(table: Table) -> str:
    """The table as a Mermaid state diagram."""
    lines = ["stateDiagram-v2", f"    [*] --> {table.initial}"]
    lines += [f"    {source} --> {target}: {verb}" for (source, verb), target in table.arrows.items()]
    return "\n".join(lines)

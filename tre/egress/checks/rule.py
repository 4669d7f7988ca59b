"""What a rule is, and how rules are found: one file each in ``rules/<family>/`` with a module constant ``RULE``."""

import pkgutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal

from tre.egress.checks.model import Hit, Severity
from tre.egress.checks.words import Words

if TYPE_CHECKING:
    from tre.egress.checks.context import Context, FileContext
    from tre.egress.checks.ledger import Ledger
    from tre.egress.checks.parts import Part
    from tre.egress.checks.policy import Policy

Scope = Literal["part", "file", "batch"]


@dataclass(frozen=True)
class Scene:
    """What a rule may look at besides the part: the policy, the file's context form, the other parts of the file."""

    policy: "Policy"
    file_name: str = ""
    file_size: int = 0
    context: "FileContext | None" = None
    parts: tuple["Part", ...] = ()


@dataclass(frozen=True)
class Batch:
    """What a batch rule looks at: every file's reduced tables, the ledger, the whole context."""

    policy: "Policy"
    context: "Context"
    ledger: "Ledger"
    files: tuple[Any, ...] = ()  # FileReport


@dataclass(frozen=True)
class Rule:
    """One rule of the catalogue.

    scope "part": ``scan(part, scene) -> hits`` for each part of a type in ``parts``;
    scope "file": ``scan(scene) -> hits`` once per file, ``scene.parts`` holding all of it;
    scope "batch": ``scan(batch) -> hits`` once per check; each hit's location names its file.
    """

    id: str
    version: int
    statbarn: str
    severity: Severity
    title: Words
    explanation: Words
    mend: Words
    sources: tuple[str, ...]
    scan: Callable[..., Iterable[Hit]]
    parts: tuple[type, ...] = ()
    scope: Scope = "part"
    sees: str = ""  # what it cannot see without acro or a control file
    examples: tuple[Words, ...] = field(default=())


@cache
def all_rules() -> tuple[Rule, ...]:
    """Every rule, found by walking the package, ordered by id. Raises ValueError when two share an id."""
    from tre.egress.checks import rules  # noqa: PLC0415

    found: dict[str, Rule] = {}
    for module in pkgutil.walk_packages(rules.__path__, rules.__name__ + "."):
        rule = None if module.ispkg else getattr(import_module(module.name), "RULE", None)
        if rule is None:
            continue
        if rule.id in found:
            raise ValueError(f"two rules are called {rule.id}")
        found[rule.id] = rule
    return tuple(found[key] for key in sorted(found))


def rule_by_id(rule_id: str) -> Rule | None:
    """The rule with this id, or None."""
    return next((rule for rule in all_rules() if rule.id == rule_id), None)

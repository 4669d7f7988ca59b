"""The four verbs that every provider has, and what they answer (design §2)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

from tre.projects.desired.spec import Desired

DifferenceKind = Literal["missing", "changed", "extra"]


@dataclass(frozen=True, order=True)
class Difference:
    """One place where the world is not what was rendered.

    ``target`` names the thing (``NetworkPolicy/default-deny``, ``bucket/tre-a-work``); ``path`` the field inside it.
    ``wanted`` and ``found`` are short and never hold a secret's value.
    """

    provider: str
    kind: DifferenceKind
    target: str
    path: str = ""
    wanted: str = ""
    found: str = ""

    def line(self) -> str:
        """The difference as one line of a diff."""
        where = f"{self.target}{':' + self.path if self.path else ''}"
        if self.kind == "missing":
            return f"- {where} {self.wanted}".rstrip()
        if self.kind == "extra":
            return f"+ {where} {self.found}".rstrip()
        return f"~ {where} {self.wanted!r} -> {self.found!r}"


@dataclass(frozen=True, order=True)
class Residue:
    """Something of a destroyed project that a second look still found."""

    provider: str
    target: str


@dataclass(frozen=True)
class Outcome:
    """What ``ensure`` did. ``facts`` are values the control plane must keep (``service_token_sha256``)."""

    provider: str
    applied: int
    facts: Mapping[str, str] = field(default_factory=dict)


class Provider(Protocol):
    """One part of the world. Every verb is idempotent and raises TreError (Temporary when trying again may help)."""

    name: str

    def ensure(self, desired: Desired) -> Outcome:
        """Make the world equal to ``desired``; extra things are removed too."""
        ...

    def drift(self, desired: Desired) -> tuple[Difference, ...]:
        """What differs, changing nothing."""
        ...

    def destroy(self, slug: str) -> None:
        """Remove everything of the project except its key in Vault (see ``VaultProvider.destroy_key``)."""
        ...

    def residue(self, slug: str) -> tuple[Residue, ...]:
        """Look again, without trusting what ``destroy`` believes it did."""
        ...

"""What each step of each procedure does, in terms of the three providers and of what other domains offer.

Every action is idempotent and raises TreError: Temporary and Unavailable are tried again, anything else is final
for provisioning. None changes a project's state: that is the runner's.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from tre.core.errors import Temporary
from tre.projects.desired.spec import Desired
from tre.projects.reconciler.providers import Outcome, Provider, Residue

Result = Mapping[str, Any]
Action = Callable[[str], Result]


class KeyedProvider(Provider, Protocol):
    """The Vault provider: the project's key outlives everything else of the project."""

    def destroy_key(self, slug: str) -> None: ...

    def key_residue(self, slug: str) -> tuple[Residue, ...]: ...


@dataclass(frozen=True)
class World:
    """What the procedures reach; filled in by ``tre.worker.wiring``."""

    kubernetes: Provider
    objectstore: Provider
    vault: KeyedProvider
    desired: Callable[[str], Desired]
    check_capacity: Callable[[str], None]  # raises Conflict ``capacity-missing``
    check_isolation: Callable[[str], None]  # the live denial probe; raises when a forbidden address answers
    keep_facts: Callable[[str, Mapping[str, str]], None]
    end_sessions: Callable[[str], int]
    withdraw_requests: Callable[[str], int]
    archive: Action
    certify: Action


def actions(world: World) -> dict[str, dict[str, Action]]:
    """The actions by procedure and step; every step of ``tre.projects.steps`` has one."""
    return {"provision": _provision(world), "undo": _undo(world), "close": _close(world)}


def _ensure(world: World, provider: Provider) -> Action:
    def run(slug: str) -> Result:
        outcome: Outcome = provider.ensure(world.desired(slug))
        if outcome.facts:
            world.keep_facts(slug, outcome.facts)
        return {"applied": outcome.applied}

    return run


def _destroy(provider: Provider) -> Action:
    def run(slug: str) -> Result:
        provider.destroy(slug)
        return {}

    return run


def _look_again(world: World) -> Action:
    """List what is left without trusting what the destroyers believe; whatever is found is destroyed again."""

    def run(slug: str) -> Result:
        providers: tuple[Provider, ...] = (world.kubernetes, world.objectstore, world.vault)
        for provider in providers:
            if provider.residue(slug):
                provider.destroy(slug)
        left = [f"{r.provider}:{r.target}" for provider in providers for r in provider.residue(slug)]
        if left:
            shown = ", ".join(left[:5])
            raise Temporary(
                "residue-found", f"{len(left)} things are still there: {shown}.", "Destruction is repeated."
            )
        return {"found": left, "looked_at": [provider.name for provider in providers]}

    return run


def _destroy_key(world: World) -> Action:
    """The key goes last; that it is gone is seen, not assumed."""

    def run(slug: str) -> Result:
        world.vault.destroy_key(slug)
        if world.vault.key_residue(slug):
            raise Temporary("key-remains", "The project's key is still there.", "Its destruction is repeated.")
        return {"found": []}

    return run


def _checked(check: Callable[[str], None]) -> Action:
    def run(slug: str) -> Result:
        check(slug)
        return {}

    return run


def _counted(act: Callable[[str], int]) -> Action:
    return lambda slug: {"count": act(slug)}


def _provision(world: World) -> dict[str, Action]:
    return {
        "capacity": _checked(world.check_capacity),
        "vault": _ensure(world, world.vault),
        "objectstore": _ensure(world, world.objectstore),
        "kubernetes": _ensure(world, world.kubernetes),
        "isolation": _checked(world.check_isolation),
    }


def _undo(world: World) -> dict[str, Action]:
    return {
        "kubernetes": _destroy(world.kubernetes),
        "objectstore": _destroy(world.objectstore),
        "vault": _destroy(world.vault),
        "residue": _look_again(world),
        "key": _destroy_key(world),
    }


def _close(world: World) -> dict[str, Action]:
    return {
        "sessions": _counted(world.end_sessions),
        "requests": _counted(world.withdraw_requests),
        "archive": world.archive,
        "kubernetes": _destroy(world.kubernetes),
        "objectstore": _destroy(world.objectstore),
        "vault": _destroy(world.vault),
        "residue": _look_again(world),
        "key": _destroy_key(world),
        "certificate": world.certify,
    }

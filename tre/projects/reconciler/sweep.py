"""One look at the whole world: every provider asked once for all projects."""

from collections.abc import Iterable
from typing import Protocol

from tre.projects.desired.spec import Desired
from tre.projects.reconciler.providers import Difference


class Sweeping(Protocol):
    """A provider that can look at all projects at once."""

    def drift_all(self, all_desired: Iterable[Desired]) -> dict[str, tuple[Difference, ...]]: ...


def drift_all(providers: Iterable[Sweeping], all_desired: Iterable[Desired]) -> dict[str, tuple[Difference, ...]]:
    """Slug → what differs, over all providers; ``""`` holds what belongs to no project."""
    wanted = list(all_desired)
    found: dict[str, tuple[Difference, ...]] = {}
    for provider in providers:
        for slug, differences in provider.drift_all(wanted).items():
            found[slug] = found.get(slug, ()) + differences
    return found

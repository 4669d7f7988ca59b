"""The table route × role (`policies/access.yaml`) and the one dependency that enforces it on every call.

A row is ``route.name: [role, ...]`` with, besides roles: ``"*"`` any person signed in with a second factor, ``public``
everybody, ``service:hub`` and ``service:session`` the internal listeners' callers. Requirement T10, design §1.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any

import yaml
from fastapi import Depends, FastAPI, Request
from fastapi.routing import iter_route_contexts
from starlette.concurrency import run_in_threadpool

from tre.api import auth, csrf
from tre.core.errors import Forbidden, TreError
from tre.core.people import Actor, Role

PUBLIC, ANYONE = "public", "*"
_NOBODY = frozenset({"ops.health", "ops.ready", "ops.metrics", "web.static"})  # it does not matter who asks
SERVICES = ("service:hub", "service:session")
_KNOWN = {PUBLIC, ANYONE, *SERVICES, *(role.value for role in Role)}
# The principal that a service row demands of its route; the owner of the listener writes the dependency.
PRINCIPALS = {"service:hub": "hub_principal", "service:session": "session_principal"}


class AccessTableError(TreError):
    """The application must not start: a route has no row, a row has no meaning."""


@dataclass(frozen=True)
class AccessTable:
    """Who may call what; ``rows`` maps a route's name to the callers it admits."""

    rows: Mapping[str, frozenset[str]]

    def admits(self, route: str, actor: Actor) -> bool:
        """True when ``actor`` may call ``route``; a route without a row admits nobody."""
        callers = self.rows.get(route, frozenset())
        if PUBLIC in callers:
            return True
        if actor.person_id is None:
            return False
        return ANYONE in callers or any(role.value in callers for role in actor.roles)

    def public(self, route: str) -> bool:
        """True when nobody needs to be signed in."""
        return PUBLIC in self.rows.get(route, frozenset())

    def service(self, route: str) -> str | None:
        """The internal caller that the route is for, if any."""
        return next((caller for caller in SERVICES if caller in self.rows.get(route, frozenset())), None)


def table_file(policies_dir: Path) -> Path:
    """The mounted table, or the one beside the source tree when the application runs from a checkout."""
    mounted = policies_dir / "access.yaml"
    return mounted if mounted.is_file() else Path(__file__).parents[2] / "policies" / "access.yaml"


def load_table(path: Path) -> AccessTable:
    """Read the table; raises AccessTableError for an unknown role or an empty row."""
    sections: dict[str, dict[str, list[str]]] = yaml.safe_load(path.read_text("utf-8"))
    rows: dict[str, frozenset[str]] = {}
    for section, entries in sections.items():
        for name, callers in (entries or {}).items():
            if name in rows or not callers or not set(callers) <= _KNOWN:
                raise AccessTableError(
                    "access-table", f"{section}: the row {name} is repeated, empty or names no role."
                )
            rows[name] = frozenset(callers)
    return AccessTable(rows)


@lru_cache(maxsize=4)
def cached_table(path: Path) -> AccessTable:
    """The table, read once a process."""
    return load_table(path)


def routes(app: FastAPI) -> Iterator[Any]:
    """Every route that answers a call; the documentation pages of FastAPI are switched off."""
    for context in iter_route_contexts(app.routes):
        if getattr(context, "dependant", None) is not None:
            yield context


def check_complete(app: FastAPI, table: AccessTable) -> None:
    """Refuse to start when a route is missing from the table, or a service route lacks its principal."""
    for route in routes(app):
        if route.name not in table.rows:
            raise AccessTableError("access-table", f"The route {route.name} ({route.path}) has no row in access.yaml.")
        wanted = PRINCIPALS.get(table.service(route.name) or "")
        if wanted and wanted not in _dependencies(route.dependant):
            raise AccessTableError("access-table", f"The route {route.name} must depend on {wanted}.")


def _dependencies(dependant: Any) -> set[str]:
    names = {getattr(dependant.call, "__name__", "")}
    for inner in dependant.dependencies:
        names |= _dependencies(inner)
    return names


async def enforce(request: Request) -> None:
    """Establish the actor and check the table; runs before everything else on every route.

    Raises Unauthorised when nobody is signed in, Forbidden ``role-missing`` when the table does not admit the actor,
    Forbidden ``cross-site`` for a state-changing call that did not come from our own pages.
    """
    table: AccessTable = request.app.state.access
    name = request.scope["route"].name
    if table.service(name) or name in _NOBODY:
        return  # the listener's own principal dependency answers; check_complete made sure that it is there
    actor = await run_in_threadpool(auth.identify, request)
    request.state.actor = actor
    await csrf.check(request)
    if table.admits(name, actor):
        return
    auth.require_person(actor)
    raise Forbidden(
        "role-missing", "Your role does not allow this.", "If your work needs it, ask an agent for the role that does."
    )


Enforced = Annotated[None, Depends(enforce)]

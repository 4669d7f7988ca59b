"""The dependencies that routes name: a transaction, the actor, the services."""

from collections.abc import Iterator
from typing import Annotated, cast

from fastapi import Depends, Request
from sqlalchemy.orm import Session

from tre.api.context import Services
from tre.core.errors import Unauthorised
from tre.core.people import ANONYMOUS, Actor


def get_services(request: Request) -> Services:
    """The services that ``create_app`` was given."""
    return cast(Services, request.app.state.services)


Svc = Annotated[Services, Depends(get_services)]


def get_transaction(services: Svc) -> Iterator[Session]:
    """One transaction per call, committed before the answer leaves: what a person was told happened, happened."""
    with services.db.transaction() as session:
        yield session


Tx = Annotated[Session, Depends(get_transaction, scope="function")]


def get_actor(request: Request) -> Actor:
    """The actor that ``tre.api.access.enforce`` established for this call; raises Unauthorised ``sign-in-required``."""
    actor = getattr(request.state, "actor", ANONYMOUS)
    if actor.kind == "anonymous":
        raise Unauthorised("sign-in-required", "This needs you to be signed in.", "Sign in, then try again.")
    return cast(Actor, actor)


def get_visitor(request: Request) -> Actor:
    """The actor, or the public, on routes that everybody may read."""
    return cast(Actor, getattr(request.state, "actor", ANONYMOUS))


CurrentActor = Annotated[Actor, Depends(get_actor)]
Visitor = Annotated[Actor, Depends(get_visitor)]

"""One's own page: roles, terms of use, training."""

from fastapi import APIRouter, Request, Response

from tre.api.deps import CurrentActor, Svc, Tx
from tre.projects import people
from tre.projects.people.models import TermsAcceptance
from tre.projects.people.standing import obstacles, training_valid_until
from tre.web.forms import Fields, act, text
from tre.web.render import back, page

router = APIRouter()


@router.get("/me", name="web.me")
def me(request: Request, session: Tx, services: Svc, actor: CurrentActor) -> Response:
    """Who one is here, and what stands between one and work."""
    today = services.clock().date()
    terms = people.current_terms(session, today)
    accepted = session.get(TermsAcceptance, (actor.person_id, terms.version)) if terms else None
    person_id = actor.person_id or ""
    values = {"terms": terms, "accepted": accepted, "obstacles": obstacles(session, person_id, today)}
    return page(request, "people/me.html", training=training_valid_until(session, person_id), **values)


@router.post("/me/terms", name="web.me.terms")
def accept(session: Tx, services: Svc, actor: CurrentActor, fields: Fields) -> Response:
    """Accept exactly the version that the page showed."""
    event = act("terms.accept", actor, target=actor.person_id)
    people.accept_terms(session, actor.person_id or "", text(fields, "version"), event=event, clock=services.clock)
    return back("/", "terms.accept")

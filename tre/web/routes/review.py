"""Export requests, the reviewers' side. Every form here carries a token of its own request (`decide:<id>`)."""

from fastapi import APIRouter, Request, Response

from tre.api.deps import CurrentActor, Tx
from tre.core.errors import Invalid
from tre.egress import service as egress
from tre.egress.votes import WP29, Decision
from tre.web.forms import Fields, act, text
from tre.web.render import back, page, translator
from tre.web.routes.requests import AtDesk, EgressParts, FilePlace
from tre.web.views import file as file_view

router = APIRouter()


@router.post("/requests/{request_id}/claim", name="web.review.claim")
def claim(request_id: str, session: Tx, parts: EgressParts, actor: CurrentActor, fields: Fields) -> Response:
    """Take a seat, or declare a conflict of interest and be barred."""
    free = text(fields, "conflict") == "none"
    egress.claim(session, parts, request_id, free, event=act("egress.claim", actor))
    return back(f"/requests/{request_id}" if free else "/requests", "review.claim" if free else "review.conflict")


@router.post("/requests/{request_id}/conflict", name="web.review.conflict")
def conflict(request_id: str, session: Tx, parts: EgressParts, actor: CurrentActor) -> Response:
    """A seated reviewer finds a conflict of interest."""
    egress.declare_conflict(session, parts, request_id, event=act("egress.conflict", actor))
    return back("/requests", "review.conflict")


@router.post("/requests/{request_id}/leave", name="web.review.leave")
def leave(request_id: str, session: Tx, parts: EgressParts, actor: CurrentActor, fields: Fields) -> Response:
    """Give the seat up."""
    egress.leave(session, parts, request_id, text(fields, "reason"), event=act("egress.leave", actor))
    return back("/requests", "review.leave")


@router.post("/requests/{request_id}/reassign", name="web.review.reassign")
def reassign(request_id: str, session: Tx, parts: EgressParts, actor: CurrentActor, fields: Fields) -> Response:
    """A security officer frees a seat."""
    vacancy = egress.Vacancy(text(fields, "person"), text(fields, "reason"))
    egress.reassign(session, parts, request_id, vacancy, event=act("egress.reassign", actor))
    return back(f"/requests/{request_id}", "review.leave")


@router.post("/requests/{request_id}/return", name="web.review.return")
def return_(request_id: str, session: Tx, parts: EgressParts, actor: CurrentActor, fields: Fields) -> Response:
    """Send the request back for changes."""
    egress.return_(session, parts, request_id, text(fields, "reason"), event=act("egress.return", actor))
    return back(f"/requests/{request_id}", "review.return")


@router.post("/requests/{request_id}/recheck", name="web.review.recheck")
def recheck(request_id: str, session: Tx, parts: EgressParts, actor: CurrentActor) -> Response:
    """Run the checks again after they could not be run."""
    egress.recheck(session, parts, request_id, event=act("egress.recheck", actor))
    return back(f"/requests/{request_id}", "review.recheck")


@router.get("/requests/{request_id}/files/{file_id}", name="web.request.file")
def file_page(request: Request, place: FilePlace, desk: AtDesk) -> Response:
    """One file: what it says of itself, what the checks found, an inert preview, the vote."""
    words = translator(request)
    shown = file_view.file_page(desk.session, desk.parts, desk.actor, place, words.language)
    return page(request, "requests/file.html", shown=shown)


@router.post("/requests/{request_id}/files/{file_id}/vote", name="web.review.vote")
def vote(place: FilePlace, desk: AtDesk, fields: Fields) -> Response:
    """Cast one's vote on exactly what the page showed; a remark is kept with it."""
    try:
        decision = Decision(text(fields, "decision"))
    except ValueError as wrong:
        raise Invalid("decision-missing", "No decision was chosen.", "Choose one of the three.") from wrong
    answers = {name: text(fields, name) for name in WP29 if text(fields, name)}
    opinion = egress.Opinion(place[1], decision, answers, text(fields, "binding"))
    if remark := text(fields, "remark"):
        said = egress.Said(remark, text(fields, "private") == "yes", place[1])
        egress.comment(desk.session, desk.parts, place[0], said, event=act("egress.comment", desk.actor))
    egress.vote(desk.session, desk.parts, place[0], opinion, event=act("egress.vote", desk.actor))
    return back(f"/requests/{place[0]}", "review.vote")


@router.post("/requests/{request_id}/files/{file_id}/answer", name="web.review.answer")
def answer(place: FilePlace, desk: AtDesk, fields: Fields) -> Response:
    """Answer one blocking finding: dismissed as false, or an exception, with a reason."""
    answered = egress.Answer(place[1], text(fields, "fingerprint"), text(fields, "kind"), text(fields, "reason"))
    egress.dispose(desk.session, desk.parts, place[0], answered, event=act("egress.dispose", desk.actor))
    return back(f"/requests/{place[0]}/files/{place[1]}", "review.answer")

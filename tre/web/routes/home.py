"""The home page, the pages about the platform itself, and the language switch."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from tre.api.deps import Svc, Tx, Visitor
from tre.api.routes.auth import local_path
from tre.projects.store import visible_page
from tre.web import waiting
from tre.web.i18n import LANGUAGES
from tre.web.render import LANGUAGE_COOKIE, page

router = APIRouter()


@router.get("/", name="web.home")
def home(request: Request, session: Tx, services: Svc, visitor: Visitor) -> Response:
    """For somebody signed in: what waits for them, oldest first. For the public: what this is."""
    if visitor.person_id is None:
        return page(request, "welcome.html")
    tasks = waiting.tasks(session, services, visitor)
    return page(request, "home.html", tasks=tasks, projects=visible_page(session, visitor, "", 12))


@router.get("/rights", name="web.rights")
def rights(request: Request) -> Response:
    """Rights of the people whose data are analysed, in plain words (S40)."""
    return page(request, "words.html", topic="rights", paragraphs=3, contact=True)


@router.get("/accessibility", name="web.accessibility")
def accessibility(request: Request) -> Response:
    """Accessibility statement."""
    return page(request, "words.html", topic="accessibility", paragraphs=3, contact=True)


@router.get("/language/{code}", name="web.language")
def language(code: str, next: str = "/") -> Response:
    """Choose the language of the pages; kept in a cookie of its own."""
    response = RedirectResponse(local_path(next), 303)
    if code in LANGUAGES:
        response.set_cookie(
            LANGUAGE_COOKIE, code, path="/", secure=True, httponly=True, samesite="lax", max_age=31_536_000
        )
    return response

"""The public register at stable addresses: `/registre` in French, `/register` in English, JSON and CSV beside them."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse

from tre.api.deps import Svc, Tx
from tre.core.errors import NotFound
from tre.web.render import page
from tre.web.views import register as view

router = APIRouter()
PAGE = 25


@dataclass(frozen=True)
class Asked:
    """What the reader looks for."""

    q: str = ""
    theme: str = ""
    page: int = 1


_LANGUAGES = {"registre": "fr", "register": "en"}
_HEADERS = {
    "Link": f'<{view.LICENCE}>; rel="license"',
    "Cache-Control": "public, max-age=60",
    "Access-Control-Allow-Origin": "*",
    "Cross-Origin-Resource-Policy": "cross-origin",
}


def _entries(request: Request, session: Tx, services: Svc, place: str = "registre") -> list[view.Entry]:
    shelf = request.app.state.register = getattr(request.app.state, "register", None) or view.Shelf()
    found: list[view.Entry] = shelf.entries(session, services.clock().date(), f"{services.settings.public_url}/{place}")
    return found


@router.get("/registre", name="web.register")
@router.get("/register", name="web.register")
def register(request: Request, session: Tx, services: Svc, asked: Annotated[Asked, Depends()]) -> Response:
    """The list, by words and theme, in pages."""
    place = request.url.path.strip("/")
    found = _entries(request, session, services, place)
    matching = view.chosen(found, asked.q, asked.theme)
    first = PAGE * max(0, asked.page - 1)
    shown = matching[first : first + PAGE]
    themes = sorted({entry.project.theme for entry in found if entry.project.theme})
    values = {"entries": shown, "total": len(found), "themes": themes, "uses": view.uses(found), "place": place}
    more = asked.page + 1 if len(matching) > first + PAGE else 0
    return page(
        request, "register/list.html", asked=asked, count=len(matching), more=more, language=_LANGUAGES[place], **values
    )


@router.get("/registre.json", name="web.register.json")
@router.get("/register.json", name="web.register.json")
def as_json(request: Request, session: Tx, services: Svc) -> Response:
    """The whole register as one document."""
    projects = [entry.document() for entry in _entries(request, session, services)]
    document = {
        "licence": {"name": view.LICENCE_NAME, "url": view.LICENCE},
        "publisher": services.settings.organisation,
        "generated_at": services.clock().isoformat(),
        "projects": projects,
    }
    return JSONResponse(document, headers=_HEADERS)


@router.get("/registre.csv", name="web.register.csv")
@router.get("/register.csv", name="web.register.csv")
def as_csv(request: Request, session: Tx, services: Svc) -> Response:
    """The whole register as a table (UTF-8 with a byte order mark, as spreadsheets like it)."""
    headers = {**_HEADERS, "Content-Disposition": 'attachment; filename="registre.csv"'}
    body = "\ufeff" + view.table(_entries(request, session, services))
    return Response(body, media_type="text/csv; charset=utf-8", headers=headers)


@router.get("/registre/{slug}", name="web.register.project")
@router.get("/register/{slug}", name="web.register.project")
def project(request: Request, slug: str, session: Tx, services: Svc) -> Response:
    """One project, at its stable address."""
    place = request.url.path.split("/")[1]
    entry = next((e for e in _entries(request, session, services, place) if e.project.slug == slug), None)
    if entry is None:
        raise NotFound("register-unknown", "The register has no such project.", "Search the register.")
    return page(request, "register/project.html", entry=entry, place=place, language=_LANGUAGES[place])

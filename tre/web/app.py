"""The pages, put into people's application."""

from importlib import import_module
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import FileResponse, RedirectResponse

from tre.api.problems import PageOfError
from tre.core.errors import NotFound
from tre.web.render import page

_HERE = Path(__file__).parent
ROUTES = (
    "home", "register", "me", "people", "watch", "alerts", "controls", "datasets", "authorisations", "workspace",
    "projects", "requests", "review",
)  # fmt: skip  # `/projects/new` comes before `/projects/{slug}`
_STATIC = {
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
    ".txt": "text/plain",
}


def static_file(name: str) -> Response:
    """Style, script, fonts: the files that ship with the application and no others."""
    known = {str(path.relative_to(_HERE / "static")): path for path in (_HERE / "static").rglob("*") if path.is_file()}
    path = known.get(name)
    if path is None:
        raise NotFound("file-unknown", "No such file.", "Check the address.")
    headers = {"Cache-Control": "public, max-age=3600"}
    return FileResponse(path, media_type=_STATIC.get(path.suffix, "application/octet-stream"), headers=headers)


def error_page(request: Request, status: int, problem: dict[str, Any]) -> Response:
    """An error says what happened and what to do; being signed out leads to signing in."""
    if problem["code"] == "sign-in-required" and request.method == "GET":
        return RedirectResponse(f"/auth/sign-in?next={request.url.path}", 303)
    return page(request, "error.html", http_status=status, problem=problem, status=status)


def install_pages(app: FastAPI) -> PageOfError:
    """Add every page to ``app``; returns how errors are drawn."""
    app.add_api_route("/static/{name:path}", static_file, name="web.static", include_in_schema=False)
    for name in ROUTES:
        app.include_router(import_module(f"tre.web.routes.{name}").router, include_in_schema=False)
    return error_page

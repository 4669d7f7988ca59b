"""The gateway's application: admit, then hand over. Every answer carries the security headers, errors too."""

import logging
from collections.abc import Awaitable, Callable
from html import escape
from urllib.parse import urlsplit

import aiohttp
from aiohttp import web

from tre.core.errors import Forbidden, TreError, Unauthorised, Unavailable
from tre.spawner.gateway.channels import channels, silent
from tre.spawner.gateway.contents import ContentRefused
from tre.spawner.gateway.forward import forward
from tre.spawner.gateway.headers import foreign, security
from tre.spawner.gateway.live import Live
from tre.spawner.gateway.rules import Kind, find_rule, is_probe
from tre.spawner.gateway.state import GATEWAY, Gateway, Visit
from tre.spawner.settings import WorkspaceSettings

log = logging.getLogger("tre.gateway")

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
MAX_BODY = 20 << 20


def make_app(gateway: Gateway) -> web.Application:
    """The application of one gateway."""
    app = web.Application(client_max_size=MAX_BODY, middlewares=[_around])
    app[GATEWAY] = gateway
    app.router.add_get("/healthz", _health)
    app.router.add_route("*", "/{path:.*}", _handle)
    return app


async def _health(request: web.Request) -> web.Response:
    return web.json_response({"status": "ok", "waiting": request.app[GATEWAY].journal.waiting})


@web.middleware
async def _around(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Errors as answers, and one line without a query for each request that is not Lab's polling."""
    try:
        answer = await handler(request)
    except ContentRefused as refused:
        answer = _error(request, 403, refused.code, str(refused))
    except TreError as refused:
        answer = _error(request, refused.status, refused.code, f"{refused.message} {refused.remedy}")
    except web.HTTPException as other:
        answer = _error(request, other.status, "http", other.reason)
    path = request.rel_url.raw_path.replace("\n", "")[:200]
    log.info("%s %s %s", answer.status, request.method, path)
    return answer


async def _handle(request: web.Request) -> web.StreamResponse:
    gateway = request.app[GATEWAY]
    person = gateway.settings.person_of_host(_host(request))
    if person is None:
        return await _ready(request, gateway)
    base = f"/user/{person}/"
    path = request.rel_url.raw_path
    if path in {"/", "/user", base[:-1], base}:
        return web.HTTPFound(f"{base}lab", headers=security(gateway.settings.notebook_origin(person)))
    if not path.startswith(base):
        raise web.HTTPNotFound
    path = path[len(base) :]
    live = await gateway.live.of(person)
    if live is None:
        return _not_running(request, gateway.settings, person)
    if path == "oauth_callback":
        return await _callback(request, gateway, live)
    return await _admit(request, gateway, live, path)


async def _admit(request: web.Request, gateway: Gateway, live: Live, path: str) -> web.StreamResponse:
    """The owner, from the notebook's own pages, on an allowed route; all else is refused and recorded."""
    origin = gateway.settings.notebook_origin(live.person)
    cookie = request.cookies.get(_cookie(gateway.settings, "notebook"))
    if await gateway.visitors.check(live, cookie) is None:
        if _navigates(request):
            return _to_hub(request, gateway, live)
        raise Unauthorised("sign-in-required", "You are not signed in to this notebook.", "Reload the page.")
    rule = find_rule(request.method, path)
    if rule is None and is_probe(request.method, path):
        raise web.HTTPNotFound
    if rule is None:
        await _refusal(gateway, live, request, path, "route")
        raise Forbidden(
            "not-allowed", "This is not available in the workspace.", "Ask for an export to take results out."
        )
    if foreign(request.method, request.headers, origin) or (
        rule.kind in {Kind.CHANNELS, Kind.SILENT} and request.headers.get("Origin") != origin
    ):
        await _refusal(gateway, live, request, path, "origin")
        raise Forbidden("cross-site", "This request came from another page.", "Use the notebook's own page.")
    held = gateway.holding.of(live.session_id)
    if held.ended.is_set():
        raise Forbidden("session-stopped", "This session has been stopped.", "Ask the security officer.")
    visit = Visit(gateway, request, live, held, rule, path)
    try:
        return await _dispatch(visit)
    except ContentRefused as refused:
        await visit.record("gateway.refused", "refused", code=refused.code, rule=rule.name, path=path[:300])
        raise


async def _dispatch(visit: Visit) -> web.StreamResponse:
    if visit.rule.kind is Kind.CHANNELS:
        try:
            return await channels(visit)
        except aiohttp.ClientError as cause:
            raise Unavailable("notebook-unavailable", "The kernel did not answer.", "Try again in a moment.") from cause
    if visit.rule.kind is Kind.SILENT:
        return await silent(visit)
    return await forward(visit)


async def _refusal(gateway: Gateway, live: Live, request: web.Request, path: str, why: str) -> None:
    """Attempts are recorded as well as successes."""
    held = gateway.holding.of(live.session_id)
    rule = find_rule("GET", "api")
    if rule is not None:
        visit = Visit(gateway, request, live, held, rule, path)
        await visit.record("gateway.refused", "refused", code=why, method=request.method[:10], path=path[:300])


async def _callback(request: web.Request, gateway: Gateway, live: Live) -> web.StreamResponse:
    settings = gateway.settings
    name = _cookie(settings, "state")
    query = request.query
    value, back = await gateway.visitors.finish(
        live, query.get("state", ""), request.cookies.get(name, ""), query.get("code", "")
    )
    answer = web.HTTPFound(back, headers=security(settings.notebook_origin(live.person)))
    secure = settings.scheme == "https"
    answer.del_cookie(name, path="/", secure=secure, httponly=True, samesite="Lax")
    answer.set_cookie(_cookie(settings, "notebook"), value, path="/", secure=secure, httponly=True, samesite="Lax")
    return answer


def _to_hub(request: web.Request, gateway: Gateway, live: Live) -> web.StreamResponse:
    settings = gateway.settings
    back = urlsplit(str(request.rel_url)).path
    target, state = gateway.visitors.begin(live.person, back)
    answer = web.HTTPFound(target, headers=security(settings.notebook_origin(live.person)))
    answer.set_cookie(
        _cookie(settings, "state"), state, path="/", max_age=600, secure=settings.scheme == "https", httponly=True,
        samesite="Lax",
    )  # fmt: skip
    return answer


async def _ready(request: web.Request, gateway: Gateway) -> web.Response:
    """The hub's question whether a notebook answers; tells nothing else, and only on the inner host."""
    parts = request.rel_url.raw_path.split("/")
    if (
        _host(request).endswith(gateway.settings.work_domain)
        or len(parts) != 4
        or parts[1] != "user"
        or parts[3] != "api"
    ):
        raise web.HTTPNotFound
    live = await gateway.live.of(parts[2])
    if live is None:
        raise Unavailable("not-running", "No notebook is running.", "Start it.")
    host = f"[{live.address}]" if ":" in live.address else live.address
    url = f"http://{host}:{gateway.settings.notebook_port}/user/{live.person}/api"
    try:
        async with gateway.client.get(url, timeout=aiohttp.ClientTimeout(total=3)) as answer:
            if answer.status < 500:
                return web.json_response({})
    except (aiohttp.ClientError, TimeoutError):
        pass
    raise Unavailable("not-ready", "The notebook does not answer yet.", "Wait.")


def _not_running(request: web.Request, settings: WorkspaceSettings, person: str) -> web.StreamResponse:
    if _navigates(request):
        return web.HTTPFound(f"{settings.hub_origin}/hub/home", headers=security(settings.notebook_origin(person)))
    raise Unavailable("session-ended", "This notebook has stopped.", "Start it again from the project's page.")


def _host(request: web.Request) -> str:
    return request.host.partition(":")[0].lower()


def _navigates(request: web.Request) -> bool:
    mode = request.headers.get("Sec-Fetch-Mode")
    if request.method != "GET" or "Upgrade" in request.headers:
        return False
    return mode == "navigate" if mode else "text/html" in request.headers.get("Accept", "")


def _cookie(settings: WorkspaceSettings, name: str) -> str:
    return f"__Host-tre-{name}" if settings.scheme == "https" else f"tre-{name}"


def _error(request: web.Request, status: int, code: str, message: str) -> web.Response:
    """A page for a browser that navigates, else the shape that Jupyter's front end shows."""
    settings = request.app[GATEWAY].settings
    person = settings.person_of_host(_host(request))
    headers = security(settings.notebook_origin(person) if person else settings.hub_origin)
    if _navigates(request):
        home = escape(f"{settings.public_url}/projects/{settings.project}", quote=True)
        page = (
            f'<!doctype html><html lang="fr"><meta charset="utf-8"><title>{status}</title>'
            f'<h1>{status}</h1><p lang="en">{escape(message)}</p><p><a href="{home}">Retour au projet</a></p></html>'
        )
        return web.Response(status=status, text=page, content_type="text/html", headers=headers)
    return web.json_response({"message": message, "reason": code}, status=status, headers=headers)

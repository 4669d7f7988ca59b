"""One HTTP request to the notebook, and what of its answer may come back."""

import hashlib

import aiohttp
from aiohttp import web

from tre.core.errors import Unavailable
from tre.spawner.gateway.contents import ContentRefused, check_read, check_save, filter_answer, filter_kernelspecs
from tre.spawner.gateway.headers import has_type, inward, outward, security
from tre.spawner.gateway.rules import Kind
from tre.spawner.gateway.state import Visit

MAX_ANSWER = 16 << 20
_TIMEOUT = aiohttp.ClientTimeout(total=120, connect=5)
_TOKEN_QUERY = {"token", "_xsrf"}


async def forward(visit: Visit) -> web.StreamResponse:
    """Answer one request; raises ContentRefused for what the lists do not allow."""
    if visit.rule.kind is Kind.ASSET:
        return asset(visit)
    body = await visit.request.read()
    query = {key: value for key, value in visit.request.query.items() if key not in _TOKEN_QUERY}
    if visit.rule.kind is Kind.CONTENTS:
        query = check_read(query) if visit.request.method in {"GET", "HEAD"} else query
        check_save(body, visit.gateway.limits)
    if visit.rule.change:
        visit.held.touch()
        await visit.record(
            "gateway.change", rule=visit.rule.name, method=visit.request.method, path=visit.path[:300],
            bytes=len(body), sha256=hashlib.sha256(body).hexdigest(),
        )  # fmt: skip
    elif visit.rule.kind is Kind.CONTENTS and query.get("content") != "0" and query.get("type") != "directory":
        await visit.record("gateway.open", path=visit.path[:300])
    return await _ask(visit, query, body)


async def _ask(visit: Visit, query: dict[str, str], body: bytes) -> web.Response:
    headers = inward(visit.request.headers, visit.live.notebook_token)
    method = visit.request.method
    try:
        async with visit.gateway.client.request(
            method,
            visit.upstream.with_query(query),
            data=body or None,
            headers=headers,
            allow_redirects=False,
            timeout=_TIMEOUT,
        ) as answer:
            content = await _read(answer)
            return _answer(visit, answer, content)
    except (aiohttp.ClientError, TimeoutError) as cause:
        raise Unavailable("notebook-unavailable", "The notebook did not answer.", "Try again in a moment.") from cause


async def _read(answer: aiohttp.ClientResponse) -> bytes:
    """The whole body, up to a ceiling: an answer that is still coming cannot be checked."""
    pieces, size = [], 0
    async for piece in answer.content.iter_chunked(1 << 16):
        size += len(piece)
        if size > MAX_ANSWER:
            raise ContentRefused("too-large", "This answer is too large to be shown.")
        pieces.append(piece)
    return b"".join(pieces)


def _answer(visit: Visit, answer: aiohttp.ClientResponse, content: bytes) -> web.Response:
    headers = outward(answer.headers, visit.origin)
    if answer.status in {301, 302, 303, 307, 308}:
        return _redirect(visit, answer)
    if content and not has_type(answer.headers.get("Content-Type", ""), visit.rule.types):
        raise ContentRefused("content-type", "The notebook's answer is of a kind that is not shown.")
    if "attachment" in answer.headers.get("Content-Disposition", ""):
        raise ContentRefused("download", "Files are not handed out. Ask for an export instead.")
    if visit.rule.kind is Kind.CONTENTS and content and answer.status < 400:
        content = filter_answer(content, visit.gateway.limits, visit.gateway.outputs)
        headers.popall("ETag", None)
    if visit.rule.name == "kernelspecs" and answer.status == 200:
        content = filter_kernelspecs(content)
        headers.popall("ETag", None)
    headers.setdefault("Content-Type", "application/json")
    status = visit.held.budget.spend(len(content)) if visit.rule.kind in {Kind.CONTENTS, Kind.API, Kind.PAGE} else None
    if status == "exceeded":
        visit.held.stop("budget")
        raise ContentRefused("budget", "This session has shown as much as a session may. Security officers are told.")
    return web.Response(status=answer.status, body=content, headers=headers)


def _redirect(visit: Visit, answer: aiohttp.ClientResponse) -> web.Response:
    """Only within the notebook's own path."""
    location = answer.headers.get("Location", "")
    base = f"/user/{visit.live.person}/"
    if not location.startswith(base) or "//" in location or "\\" in location:
        raise ContentRefused("redirect", "The notebook's answer leads elsewhere.")
    return web.Response(status=answer.status, headers={"Location": location, **security(visit.origin)})


def asset(visit: Visit) -> web.StreamResponse:
    """A file of JupyterLab's, from our own image."""
    found = visit.gateway.assets.find(visit.path)
    if found is None:
        raise web.HTTPNotFound(headers=security(visit.origin), text="not found")
    headers = {**security(visit.origin), "Content-Type": visit.gateway.assets.type_of(found)}
    # Names of Lab's bundles carry their hash.
    headers["Cache-Control"] = "private, max-age=86400" if "/static/lab/" in f"/{visit.path}" else "no-cache"
    return web.FileResponse(found, headers=headers)

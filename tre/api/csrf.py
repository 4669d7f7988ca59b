"""Cross-site requests: a state-changing call by cookie must come from our own pages, and show the session's token.

Two independent checks (design §2): where the browser says the call comes from, and a token derived from the cookie,
which no other origin can read. A notebook is same-site with us (`*.work.<domain>`): SameSite alone would not do.
"""

import hashlib
import hmac
from urllib.parse import urlsplit

from fastapi import Request

from tre.core.errors import Forbidden

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
FIELD, HEADER = "form_token", "x-form-token"
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


def form_token(cookie: str, purpose: str = "form") -> str:
    """The token of a form; ``purpose`` binds a decision to its object ("decide:req-…"), so that no other will do."""
    return hmac.new(cookie.encode(), purpose.encode(), hashlib.sha256).hexdigest()


def purpose_of(request: Request) -> str:
    """Routes of the review want a token of the object that they decide on."""
    name = str(request.scope["route"].name)
    if name.startswith("web.review.") and request.path_params:
        return f"decide:{next(iter(request.path_params.values()))}"
    return "form"


async def check(request: Request) -> None:
    """Raises Forbidden ``cross-site`` or ``form-token``; calls with a bearer token carry no ambient right and pass."""
    if request.method in SAFE or request.headers.get("authorization"):
        return
    if request.scope["route"].name in request.app.state.no_origin_check:
        return
    _check_origin(request)
    cookie = getattr(request.state, "web_session", None)
    if cookie is not None and not hmac.compare_digest(await _shown(request), form_token(cookie, purpose_of(request))):
        raise Forbidden("form-token", "This form is too old or was not ours.", "Reload the page and send it again.")


def _check_origin(request: Request) -> None:
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    ours = urlsplit(request.app.state.services.settings.public_url)
    same_origin = origin is not None and origin == f"{ours.scheme}://{ours.netloc}"
    if (site is not None and site != "same-origin") or (origin is not None and not same_origin):
        raise _cross_site()
    if site is None and origin is None:
        raise _cross_site()


def _cross_site() -> Forbidden:
    return Forbidden(
        "cross-site", "This call did not come from a page of this platform.", "Use the platform's own pages."
    )


async def _shown(request: Request) -> str:
    if header := request.headers.get(HEADER):
        return header
    if request.headers.get("content-type", "").startswith(_FORMS):
        value = (await request.form()).get(FIELD, "")
        return value if isinstance(value, str) else ""
    return ""

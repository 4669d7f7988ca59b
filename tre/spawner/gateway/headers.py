"""Headers inward and outward: no cookie of ours reaches a notebook, and nothing that a notebook sets comes out."""

from collections.abc import Iterable, Mapping

from multidict import CIMultiDict

# What a notebook server may be told of a request; everything else (cookies, tokens, addresses) stays here.
_INWARD = ("accept", "accept-language", "content-type", "if-none-match", "if-modified-since")
# What a browser may be told of an answer.
_OUTWARD = ("content-type", "etag", "last-modified")


def inward(headers: Mapping[str, str], notebook_token: str) -> dict[str, str]:
    """Headers of the request to the notebook: the session's token is the only credential in it."""
    kept = {name: headers[name] for name in _INWARD if name in headers}
    return {**kept, "Authorization": f"token {notebook_token}", "Accept-Encoding": "identity"}


def outward(headers: Mapping[str, str], origin: str) -> CIMultiDict[str]:
    """Headers of the answer to the browser."""
    kept = CIMultiDict((name, headers[name]) for name in _OUTWARD if name in headers)
    kept.update(security(origin))
    return kept


def security(origin: str) -> dict[str, str]:
    """A policy without foreign origins: neither image, script, style, font, form nor frame can carry anything out."""
    socket = origin.replace("https://", "wss://", 1).replace("http://", "ws://", 1)
    policy = (
        "default-src 'none'; script-src 'self' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
        f"img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self' {socket}; worker-src 'self' blob:; "
        "manifest-src 'self'; form-action 'none'; frame-src 'none'; frame-ancestors 'none'; base-uri 'none'; "
        "object-src 'none'; media-src 'none'"
    )
    return {
        "Content-Security-Policy": policy,
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(), microphone=(), geolocation=(), display-capture=()",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "X-DNS-Prefetch-Control": "off",
        "X-Frame-Options": "DENY",
        "Cache-Control": "no-store",
    }


def foreign(method: str, headers: Mapping[str, str], origin: str) -> bool:
    """True for a request that a page of another origin made, sibling notebooks included (they are same-site)."""
    said = headers.get("Origin")
    if said is not None and said != origin:
        return True
    site, mode = headers.get("Sec-Fetch-Site"), headers.get("Sec-Fetch-Mode")
    if mode == "navigate" and method == "GET":
        return False
    if site is not None and site not in {"same-origin", "none"}:
        return True
    # Browsers send Origin with every change and every websocket; a caller without one is no page of ours.
    return method not in {"GET", "HEAD"} and said is None


def has_type(content_type: str, allowed: Iterable[str]) -> bool:
    """True when an answer's type, without its parameters, is one of those a rule allows."""
    return content_type.partition(";")[0].strip().lower() in set(allowed)

"""The allow-list of requests. A method and path that no rule names is refused; so /files, /view, /nbconvert,
/terminals, kernelspec files, archives, downloads and whatever an extension of tomorrow adds are refused by default."""

import re
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import unquote

_HTML = frozenset({"text/html"})
_JSON = frozenset({"application/json"})
_UUID = r"[0-9a-fA-F-]{36}"
# A contents path: any name, checked apart for control characters and traversal.
_PATH = r"(?:/[^?#]*)?"


class Kind(StrEnum):
    """How a request is handled."""

    PAGE = "page"
    ASSET = "asset"
    API = "api"
    CONTENTS = "contents"
    CHANNELS = "channels"
    SILENT = "silent"  # a websocket that Lab wants and that carries nothing here


@dataclass(frozen=True)
class Rule:
    """One line of the list. ``change`` marks what alters the notebook's files or kernels: it is recorded."""

    name: str
    methods: frozenset[str]
    pattern: re.Pattern[str]
    kind: Kind
    types: frozenset[str] = _JSON
    change: bool = False


def _rule(name: str, methods: str, pattern: str, kind: Kind, types: frozenset[str] = _JSON) -> Rule:
    wanted = frozenset(methods.split())
    return Rule(name, wanted, re.compile(pattern), kind, types, bool(wanted & {"POST", "PUT", "PATCH", "DELETE"}))


RULES: tuple[Rule, ...] = (
    _rule("lab", "GET", r"lab/?", Kind.PAGE, _HTML),
    _rule("lab-document", "GET", r"(?:lab|doc)/(?:tree|workspaces|workspace)(?:/.*)?", Kind.PAGE, _HTML),
    _rule("static", "GET", r"static/.+", Kind.ASSET),
    _rule("lab-extension", "GET", r"lab/extensions/.+", Kind.ASSET),
    _rule("lab-theme", "GET", r"lab/api/themes/.+", Kind.ASSET),
    _rule("lab-settings", "GET", r"lab/api/settings(?:/[^/]+/?[^/]*)?", Kind.API),
    _rule("lab-settings-save", "PUT", r"lab/api/settings/[^/]+/?[^/]*", Kind.API),
    _rule("lab-workspaces", "GET PUT DELETE", r"lab/api/workspaces(?:/[^/]*)?", Kind.API),
    _rule("lab-translations", "GET", r"lab/api/translations(?:/[^/]*)?", Kind.API),
    _rule("lab-listings", "GET", r"lab/api/listings(?:/[^/]*)?", Kind.API, _JSON | {"application/javascript"}),
    _rule("api", "GET", r"api/?", Kind.API),
    _rule("me", "GET", r"api/me", Kind.API),
    _rule("status", "GET", r"api/status", Kind.API),
    _rule("kernelspecs", "GET", r"api/kernelspecs", Kind.API),
    _rule("kernels", "GET", rf"api/kernels(?:/{_UUID})?", Kind.API),
    _rule("kernel-start", "POST", r"api/kernels", Kind.API),
    _rule("kernel-control", "POST", rf"api/kernels/{_UUID}/(?:interrupt|restart)", Kind.API),
    _rule("kernel-stop", "DELETE", rf"api/kernels/{_UUID}", Kind.API),
    _rule("sessions", "GET", rf"api/sessions(?:/{_UUID})?", Kind.API),
    _rule("session-start", "POST", r"api/sessions", Kind.API),
    _rule("session-change", "PATCH DELETE", rf"api/sessions/{_UUID}", Kind.API),
    _rule("checkpoints", "GET POST", rf"api/contents{_PATH}/checkpoints", Kind.API),
    _rule("checkpoint", "POST DELETE", rf"api/contents{_PATH}/checkpoints/[^/]+", Kind.API),
    _rule("contents", "GET", rf"api/contents{_PATH}", Kind.CONTENTS),
    _rule("contents-change", "POST PUT PATCH DELETE", rf"api/contents{_PATH}", Kind.CONTENTS),
    _rule("channels", "GET", rf"api/kernels/{_UUID}/channels", Kind.CHANNELS),
    _rule("events", "GET", r"api/events/subscribe", Kind.SILENT),
)


# What JupyterLab asks for by itself at every start and does without: answered 404, and no attempt of anybody's.
_PROBES = re.compile(
    r"lab/api/(?:build|licenses)/?|lsp/status|api/nbconvert|api/terminals|"
    r"kernelspecs/[^/]+/(?:logo-(?:32x32|64x64)\.png|logo-svg\.svg)"
)


def is_probe(method: str, raw_path: str) -> bool:
    """True for a question of JupyterLab's own that is not on the list."""
    return method == "GET" and not hostile(raw_path) and _PROBES.fullmatch(unquote(raw_path)) is not None


def hostile(raw: str) -> bool:
    """True for a path that two parsers might read differently: encoded slashes, dots, control characters."""
    decoded = unquote(raw)
    if unquote(decoded) != decoded and "%" in decoded:
        return True
    lowered = raw.lower()
    if "%2f" in lowered or "%5c" in lowered or "\\" in decoded or "//" in decoded:
        return True
    if any(ord(c) < 32 or ord(c) == 127 for c in decoded):
        return True
    return any(part in {".", ".."} for part in decoded.split("/"))


def find_rule(method: str, raw_path: str) -> Rule | None:
    """The rule that admits this request, or None. ``raw_path`` is still encoded and relative to the server's base."""
    if hostile(raw_path):
        return None
    path = unquote(raw_path)
    method = "GET" if method == "HEAD" else method
    return next((r for r in RULES if method in r.methods and r.pattern.fullmatch(path)), None)

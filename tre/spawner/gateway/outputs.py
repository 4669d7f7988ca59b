"""What a kernel may show: an allow-list of MIME types, HTML without anything active, a size per message."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import nh3

TEXT = frozenset({"text/plain", "text/markdown", "text/latex", "application/json"})
IMAGES = {"image/png": b"\x89PNG\r\n\x1a\n", "image/jpeg": b"\xff\xd8\xff"}
_TAGS = {
    "a", "b", "blockquote", "br", "caption", "code", "col", "colgroup", "dd", "div", "dl", "dt", "em", "h1", "h2", "h3",
    "h4", "h5", "h6", "hr", "i", "li", "ol", "p", "pre", "s", "small", "span", "strong", "sub", "sup", "table", "tbody",
    "td", "tfoot", "th", "thead", "tr", "u", "ul",
}  # fmt: skip
_ATTRIBUTES = {"*": {"class"}, "td": {"colspan", "rowspan"}, "th": {"colspan", "rowspan", "scope"}}
WITHHELD = "[contenu retenu par la passerelle : {} / output withheld by the gateway: {}]"


@dataclass(frozen=True)
class OutputFilter:
    """``image`` and ``message`` are ceilings in bytes of one image and of one message's whole output."""

    image: int = 2 << 20
    message: int = 4 << 20
    text_types: frozenset[str] = TEXT
    image_types: Mapping[str, bytes] = field(default_factory=lambda: IMAGES)

    def bundle(self, data: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
        """The bundle that may be shown, and the types that were dropped from it. It is never empty."""
        kept: dict[str, Any] = {}
        dropped: list[str] = []
        for mime, value in data.items():
            shown = self._shown(mime, value)
            if shown is None:
                dropped.append(mime[:80])
            else:
                kept[mime] = shown
        if not kept:
            reason = ", ".join(dropped) or "empty"
            kept["text/plain"] = WITHHELD.format(reason, reason)
        return kept, dropped

    def _shown(self, mime: str, value: Any) -> Any:
        if mime in self.text_types:
            return value
        if mime == "text/html":
            return sanitise(_joined(value))
        signature = self.image_types.get(mime)
        if signature is None:
            return None
        text = _joined(value).strip()
        return text if len(text) <= self.image * 4 // 3 + 4 and _begins(text, signature) else None


def sanitise(html: str) -> str:
    """Tables and text without scripts, styles, links, images, frames, forms or event handlers."""
    return nh3.clean(html, tags=_TAGS, attributes=_ATTRIBUTES, url_schemes=set(), link_rel=None)


def _joined(value: Any) -> str:
    return "".join(map(str, value)) if isinstance(value, list) else str(value)


def _begins(text: str, signature: bytes) -> bool:
    try:
        return base64.b64decode("".join(text.split())[:64], validate=True).startswith(signature)
    except (binascii.Error, ValueError):
        return False

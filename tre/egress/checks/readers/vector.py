"""SVG, EPS and EMF: drawings whose points can be read back."""

import re
from collections.abc import Iterator

from tre.egress.checks.decode import decode
from tre.egress.checks.parts import Blob, Figure, Part, Text, Trait
from tre.egress.checks.reader import Reader

_MAX_BYTES = 64_000_000
_MARK = re.compile(r"<(?:circle|ellipse|use)\b[^>]*>", re.I)
_USE_AT = re.compile(
    r"<use\b[^>]*\bx=[\"']([-\d.]+)[\"'][^>]*\by=[\"']([-\d.]+)[\"']|<(?:circle|ellipse)\b[^>]*\bcx=[\"']([-\d.]+)[\"'][^>]*\bcy=[\"']([-\d.]+)[\"']",
    re.I,
)
_PATH = re.compile(r"<path\b[^>]*\bd=[\"']([^\"']{0,20000})", re.I)
_GLYPHS = re.compile(r"<(defs|symbol|clipPath|marker)\b.*?</\1>", re.I | re.S)
_GLYPH_USE = re.compile(
    r"<use\b[^>]*href=[\"']#(?:glyph|DejaVu|Arial|Bitstream|Helvetica|Liberation|Roboto|STIX|Cmr|Cmmi|font|g\d)[^>]*>",
    re.I,
)
_TICK_USE = re.compile(
    r"<g id=[\"'](?:xtick|ytick)_\d+[\"']>.*?</g>\s*</g>\s*</g>|<g id=[\"']line2d_\d+[\"']>\s*<defs>.*?</defs>\s*<g[^>]*>\s*<use[^>]*>\s*</g>\s*</g>",
    re.S,
)
_TEXT = re.compile(r"<(?:text|tspan|title|desc)\b[^>]*>([^<]+)", re.I)


def read(blob: Blob) -> Iterator[Part]:
    """One `Figure` with its number of marks, one `Text` with its words; scripts are a trait."""
    text = decode(blob.read(_MAX_BYTES))
    if text.lstrip()[:2] == "%!" or "%!PS" in text[:200]:
        yield Figure(blob.origin, format="eps", vector=True, marks=len(re.findall(r"\barc\b|\bcurveto\b", text)))
        return
    if re.search(r"<script\b|\bon(?:load|click|error)\s*=", text, re.I):
        yield Trait(blob.origin, "html-script")
    if "<!ENTITY" in text:
        yield Trait(blob.origin, "parse-error", {"what": "entities"})
    yield Figure(blob.origin, format="svg", vector=True, marks=marks(text))
    words = "\n".join(match.strip() for match in _TEXT.findall(text) if match.strip())
    if words:
        yield Text(blob.origin, words, "label")


def marks(svg: str) -> int:
    """Plotted points: circles, reused markers and small closed paths, without glyphs and axis ticks."""
    body = _TICK_USE.sub("", svg)
    body = _GLYPH_USE.sub("", _GLYPHS.sub("", body))
    positions = {match for match in _USE_AT.findall(body)}
    small = sum(1 for path in _PATH.findall(body) if _small_closed(path))
    return len(positions) + small


def _small_closed(path: str) -> bool:
    """A closed path a few units wide: a marker drawn in place (ggplot, matplotlib collections)."""
    if "z" not in path.lower() or len(path) > 1200:
        return False
    numbers = [float(number) for number in re.findall(r"-?\d+(?:\.\d+)?", path)]
    xs, ys = numbers[::2], numbers[1::2]
    curved = "c" in path.lower() or "a" in path.lower()
    return curved and len(xs) >= 4 and max(xs) - min(xs) < 15 and len(ys) > 0 and max(ys) - min(ys) < 15


READER = Reader("vector", kinds=("svg", "eps"), read=read)

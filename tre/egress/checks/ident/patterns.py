"""Identifiers in running text or raw bytes: one linear-time expression (RE2), then check digits on what matched."""

from collections import Counter
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import Any

from tre.egress.checks.ident.keys import is_iban, is_nir

NIR, EMAIL, PHONE, IBAN = "nir", "email", "phone", "iban"
_PATTERNS = (
    (NIR, r"\b[1-478][ ]?\d\d[ ]?\d\d[ ]?(?:\d\d|2[ABab])[ ]?\d{3}[ ]?\d{3}[ ]?\d\d\b"),
    (EMAIL, r"\b[A-Za-z0-9][A-Za-z0-9._%+\-]{0,63}@[A-Za-z0-9\-]{1,63}(?:\.[A-Za-z0-9\-]{1,63})*\.[A-Za-z]{2,24}\b"),
    (IBAN, r"\b(?:FR|MC)\d\d(?:[ ]?[A-Z0-9]{4}){5}[ ]?[A-Z0-9]{3}\b"),
    (PHONE, r"(?:\+33[ .]?\(?0?\)?[ .]?[1-9]|\b0[1-9])(?:[ .\-]?\d\d){4}\b"),
)
_CHUNK = 4 << 20
_OVERLAP = 256
MAX_HITS = 1000
# Addresses that name nobody: documentation, licences, standards.
_NOBODY = ("example.com", "example.org", "example.net", "localhost", "domain.com", "users.noreply.github.com", "w3.org")


@cache
def _compiled() -> tuple[Any, tuple[str, ...]]:
    import re2  # noqa: PLC0415

    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    union = "|".join(f"({pattern})" for _, pattern in _PATTERNS)
    return re2.compile(union.encode(), options), tuple(name for name, _ in _PATTERNS)


def find(data: bytes, allowed: tuple[str, ...] = ()) -> Iterator[tuple[str, int]]:
    """Kind and offset of each identifier in ``data``; at most `MAX_HITS` candidates are looked at."""
    pattern, names = _compiled()
    for number, match in enumerate(pattern.finditer(data)):
        if number >= MAX_HITS:
            return
        index = match.lastindex
        if index is None:
            continue
        kind, start = names[index - 1], match.start()
        if _true(kind, match.group(0).decode("latin-1"), data[max(start - 1, 0) : start], allowed):
            yield kind, start


def _true(kind: str, text: str, before: bytes, allowed: tuple[str, ...]) -> bool:
    if kind == NIR:
        return before not in (b".", b",") and is_nir(text)
    if kind == IBAN:
        return is_iban(text)
    if kind == EMAIL:
        lower = text.lower()
        return not lower.endswith(_NOBODY) and not any(lower.endswith(end.lower()) for end in allowed)
    return before not in (b".", b",", b"-") and not before.isdigit()


@lru_cache(maxsize=4)
def count_in_file(path: str, allowed: tuple[str, ...] = ()) -> Counter[str]:
    """Identifiers in a file of any size, by kind, read in overlapping chunks; counting stops at `MAX_HITS`."""
    counts: Counter[str] = Counter()
    tail = b""
    with open(path, "rb") as stream:
        while chunk := stream.read(_CHUNK):
            window = tail + chunk
            for kind, start in find(window, allowed):
                if start >= len(tail) - _OVERLAP or not tail:
                    counts[kind] += 1
            if sum(counts.values()) >= MAX_HITS:
                break
            tail = window[-_OVERLAP:]
    return counts

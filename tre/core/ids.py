"""Identifiers: sortable ids for records, slugs that are DNS labels."""

import re
import secrets
import time

from tre.core.errors import Invalid

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base32, lower case: no look-alikes when read aloud
SLUG = re.compile(r"^[a-z](?:[a-z0-9]|-(?!-))*[a-z0-9]$")
# `<project>--<person>` must be one DNS label of at most 63 characters (design §2: own origin per notebook).
SLUG_MAX = 30


def _base32(value: int, length: int) -> str:
    digits = []
    for _ in range(length):
        value, rest = divmod(value, 32)
        digits.append(_ALPHABET[rest])
    return "".join(reversed(digits))


def new_id(prefix: str) -> str:
    """A new id such as ``req-01k9…``: 48 bits of milliseconds, 80 random bits; ids of one prefix sort by time."""
    return f"{prefix}-{_base32(time.time_ns() // 1_000_000, 10)}{_base32(secrets.randbits(80), 16)}"


def check_slug(slug: str, what: str = "project") -> str:
    """Return ``slug`` when it can stand in host, bucket and namespace names; raises Invalid ``slug-invalid``."""
    if len(slug) > SLUG_MAX or len(slug) < 3 or not SLUG.match(slug):
        raise Invalid(
            "slug-invalid",
            f"This {what} name cannot be used in host and bucket names.",
            f"Use 3 to {SLUG_MAX} of a-z, 0-9 and single hyphens, starting with a letter and not ending with a hyphen.",
        )
    return slug

"""Names of files that people choose: shown to people, never used as a path of ours."""

import unicodedata

from tre.core.errors import Invalid

_MAX_KEY_BYTES = 1024  # S3's own limit
_MAX_PART_BYTES = 255
# Format characters reorder or hide text (right-to-left marks, zero-width joiners): a reviewer must read the true name.
_REFUSED_CATEGORIES = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def check_name(name: str) -> str:
    """Return ``name`` when it is a plain relative path; raises Invalid ``file-name``."""
    if not name or len(name.encode("utf-8", "surrogatepass")) > _MAX_KEY_BYTES:
        raise _refused("it is empty or longer than 1,024 bytes")
    if any(unicodedata.category(char) in _REFUSED_CATEGORIES for char in name):
        raise _refused("it holds control, invisible or direction-changing characters")
    if name.startswith("/") or "\\" in name or unicodedata.normalize("NFC", name) != name:
        raise _refused("it is absolute, holds a backslash, or is not in Unicode normal form C")
    for part in name.split("/"):
        if part in {"", ".", ".."} or part != part.strip() or len(part.encode()) > _MAX_PART_BYTES:
            raise _refused("one part of its path is empty, a dot, padded with spaces, or longer than 255 bytes")
    return name


def _refused(why: str) -> Invalid:
    # The name itself is not repeated: it is hostile until it is not.
    return Invalid("file-name", f"This file name cannot be used: {why}.", "Rename the file, then choose it again.")

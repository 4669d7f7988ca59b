"""Bucketed numbers for evidence: how many, never which."""


def bucket(count: int) -> str:
    """A count of findings as a bucket."""
    for top, word in ((1, "1"), (10, "2–10"), (100, "11–100"), (1000, "101–1000")):
        if count <= top:
            return word
    return "> 1000"


def percent(share: float) -> str:
    """A share as whole percent."""
    return f"{round(100 * share)} %"

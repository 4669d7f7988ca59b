"""The states of a workspace session, as data.

``starting`` (created, nothing claimed yet) -> ``live`` (its pod holds its credentials) -> ``ended`` (all of them dead).
"""

from enum import StrEnum


class SessionState(StrEnum):
    """Where a session stands."""

    STARTING = "starting"
    LIVE = "live"
    ENDED = "ended"


TRANSITIONS: dict[tuple[SessionState, str], SessionState] = {
    (SessionState.STARTING, "claim"): SessionState.LIVE,
    (SessionState.STARTING, "end"): SessionState.ENDED,
    (SessionState.LIVE, "end"): SessionState.ENDED,
}

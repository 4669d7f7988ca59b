"""The states of a workspace session, as data.

``starting`` (created, nothing claimed yet) -> ``live`` (its pod holds its credentials) -> ``ended`` (all of them dead).
"""

from datetime import timedelta
from enum import StrEnum

# A forgotten session ends after a week even if its kernel says that it is busy; one that waits for its pod, sooner.
SESSION_LIFE = timedelta(days=7)
START_LIFE = timedelta(minutes=15)


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

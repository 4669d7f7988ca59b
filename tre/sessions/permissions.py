"""Who may work in a workspace: a member in force of an active project that is not frozen, with nothing outstanding."""

from tre.core.errors import NotFound
from tre.sessions.contracts import Standing
from tre.sessions.errors import not_admitted

_HINDRANCES = {
    "training-expired": ("Your training is not valid any more.", "Renew your training; an agent records it."),
    "terms-not-accepted": (
        "You have not accepted the current terms of use.",
        "Read and accept them on your home page.",
    ),
}


def check_may_work(standing: Standing | None) -> Standing:
    """Return the standing of a person who may work now.

    Raises NotFound ``project-unknown`` for outsiders (unknown and forbidden answer alike), Forbidden with the reason
    for members. Fails closed: a hindrance that has no text of its own refuses as well.
    """
    if standing is None or not standing.member:
        raise NotFound(
            "project-unknown", "There is no such project, or it is not yours.", "Choose one of your projects."
        )
    if standing.frozen:
        raise not_admitted("project-frozen", "This project is frozen.", "Ask the security officer.")
    if standing.project_state != "active":
        raise not_admitted(
            "project-not-active", "This project is not active.", "Ask the project's agent when it will be."
        )
    if standing.hindrance is not None:
        message, remedy = _HINDRANCES.get(standing.hindrance, ("Something is outstanding.", "Look at your home page."))
        raise not_admitted(standing.hindrance, message, remedy)
    return standing

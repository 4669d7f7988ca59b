"""Refusals of the workspace, each with its stable code and what to do."""

from tre.core.errors import Conflict, Forbidden, NotFound, Temporary, Unauthorised


def ticket_invalid() -> Unauthorised:
    """Unknown, used, expired, or another project's: all answer alike."""
    return Unauthorised(
        "ticket-invalid",
        "This way into the workspace is not valid any more.",
        "Open the workspace from the project's page.",
    )


def service_token_invalid() -> Unauthorised:
    """The hub API's caller is not a hub or gateway of ours."""
    return Unauthorised(
        "service-token-invalid", "This caller is not known.", "Let the reconciler repair the project's token."
    )


def session_token_invalid() -> Unauthorised:
    """The workspace API's caller holds no live session."""
    return Unauthorised("session-token-invalid", "This session has ended.", "Open the workspace again.")


def claim_refused() -> Forbidden:
    """Wrong nonce, second claim, other address: all answer alike; the event tells which."""
    return Forbidden(
        "claim-refused", "These credentials are not for this caller.", "Stop the notebook and start it again."
    )


def pod_unknown() -> Temporary:
    """The API server does not show the pod's address yet."""
    return Temporary("pod-address-unknown", "The notebook's address is not known yet.", "Ask again in a second.")


def session_unknown() -> NotFound:
    """No such session in this project."""
    return NotFound("session-unknown", "There is no such session.", "List the sessions again.")


def session_ended() -> Conflict:
    """A session does not come back."""
    return Conflict("session-ended", "This session has ended.", "Start a new one.")


def not_admitted(code: str, message: str, remedy: str) -> Forbidden:
    """A person may not work in the project now."""
    return Forbidden(code, message, remedy)

"""The error tree. Every refusal has a stable code, says what happened, and what to do.

* TreError
  + Invalid       422  the input is wrong
  + Unauthorised  401  not signed in, or signed in too weakly
  + Forbidden     403  this person may not do this
  + NotFound      404  unknown, or not theirs: both answer alike
  + Conflict      409  the state does not allow it
  + Gone          410  it existed and was withdrawn
  + TooLarge      413  over the policy's size
  + Unavailable   503  a part is down; nothing was done
    - Temporary        the same call may succeed later (reconcilers retry)
"""


class TreError(Exception):
    """Root of every expected failure; ``status`` is the HTTP status of its problem document (RFC 9457)."""

    status = 500

    def __init__(self, code: str, message: str, remedy: str = "") -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.remedy = remedy


class Invalid(TreError):
    status = 422


class Unauthorised(TreError):
    status = 401


class Forbidden(TreError):
    status = 403


class NotFound(TreError):
    status = 404


class Conflict(TreError):
    status = 409


class Gone(TreError):
    status = 410


class TooLarge(TreError):
    status = 413


class Unavailable(TreError):
    status = 503


class Temporary(Unavailable):
    """A part did not answer in time; reconcilers try again, people are told to."""


def place(error: BaseException) -> str:
    """Where an unexpected error arose, for logs: module and line, never its message, which may quote a file."""
    last = error.__traceback__
    while last is not None and last.tb_next is not None:
        last = last.tb_next
    return f"{last.tb_frame.f_globals.get('__name__', '?')}:{last.tb_lineno}" if last is not None else "?"

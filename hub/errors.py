"""Whose fault it is, and the one table from error to HTTP answer.

    CallerError               the caller can mend it; code and text are shown
    ├── Unauthenticated       401   no good token
    ├── Forbidden             403   the token is good, the question is not allowed; `code` is one of the ten checks
    ├── Malformed             400   not a request, document or variable we can read
    ├── TooLarge              413   over a limit of size, depth, breadth or cost (400 once the document was read)
    ├── TooMany               429   over a rate or quota; `retry_after` seconds
    └── NotAcceptable         406 / 405 / 415 by `status`
    Unavailable               503   the hub cannot serve now; `retry_after` seconds
    ├── Overloaded                  shed before anything was read
    └── RecordingFailed             we cannot log, so we do not ask and do not tell

A department's failure is no error of this tree: it is a status in the answer (`connectors.interface.DepartmentError`).
Anything else is a bug: 500, fixed text, a number for the operator.
"""

from __future__ import annotations


class CallerError(Exception):
    """The caller can mend it. `code` is a reason code, `message` holds nothing personal."""

    status = 400
    code = "BAD_REQUEST"

    def __init__(self, message: str, *, code: str | None = None, status: int | None = None) -> None:
        """`message` is shown to the caller as it stands."""
        super().__init__(message)
        self.message = message
        if code is not None:
            self.code = code
        if status is not None:
            self.status = status


class Unauthenticated(CallerError):
    """No token, or one that check 1 or 2 refuses."""

    status = 401
    code = "TOKEN_INVALID"


class Forbidden(CallerError):
    """One of the ten checks refused; the code names which (domain C4)."""

    status = 403
    code = "FORBIDDEN"


class Malformed(CallerError):
    """Not a request, document or variable the hub can read."""


class TooLarge(CallerError):
    """Over a limit of size, depth, breadth, subjects or cost."""

    code = "TOO_LARGE"


class TooMany(CallerError):
    """Over a rate, concurrency or look-up quota."""

    status = 429
    code = "TOO_MANY"

    def __init__(self, message: str, *, retry_after: int, code: str | None = None) -> None:
        """`retry_after` in whole seconds."""
        super().__init__(message, code=code)
        self.retry_after = retry_after


class NotAcceptable(CallerError):
    """A method, media type or Accept header the route does not serve."""

    status = 406
    code = "NOT_ACCEPTABLE"


class Unavailable(Exception):
    """The hub cannot serve now. `message` is told outward, `retry_after` in whole seconds; what the error says itself is the operator's."""

    status = 503
    code: str
    message: str
    retry_after: int


class Overloaded(Unavailable):
    """Load was shed before the request was read."""

    code = "OVERLOADED"
    message = "the hub is at its limit"

    def __init__(self, *, retry_after: int) -> None:
        """`retry_after` in whole seconds."""
        super().__init__(self.message)
        self.retry_after = retry_after


class RecordingFailed(Unavailable):
    """The access log could not take an entry: nothing is asked, nothing is told."""

    code = "LOG_UNAVAILABLE"
    message = "the access log cannot record; nothing was told"
    retry_after = 2

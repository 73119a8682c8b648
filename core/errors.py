"""The one base of every error a person can be told about.

A subclass says what happened in `title` (constant) and what to do in `detail`. Neither repeats input:
what a client sent may be a secret. `api.errors` is the only place that turns one into HTTP.
"""

from typing import ClassVar


class EduTrackError(Exception):
    """An expected refusal, with the HTTP status it carries at the edge."""

    status: ClassVar[int] = 500
    title: ClassVar[str] = "Something went wrong"

    def __init__(self, detail: str, *, retry_after: int | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.retry_after = retry_after
        """Seconds after which a retry makes sense, for `Retry-After`."""


class BadRequest(EduTrackError):
    """The request is well-typed and makes no sense."""

    status = 400
    title = "Please check your input"


class Unauthenticated(EduTrackError):
    """No token, or none that holds."""

    status = 401
    title = "Sign in first"


class Forbidden(EduTrackError):
    """A token that holds, of somebody who may not do this."""

    status = 403
    title = "Not allowed"


class NotFound(EduTrackError):
    """No such thing."""

    status = 404
    title = "Not found"


class Conflict(EduTrackError):
    """The thing is in a state that does not allow this."""

    status = 409
    title = "Conflict"


class PreconditionFailed(EduTrackError):
    """Somebody else has changed it meanwhile."""

    status = 412
    title = "Changed meanwhile"


class TooManyRequests(EduTrackError):
    """Slow down; `retry_after` says how long."""

    status = 429
    title = "Too many requests"


class Unavailable(EduTrackError):
    """Nothing was accepted; the same request may succeed after `retry_after` seconds."""

    status = 503
    title = "Temporarily unavailable"

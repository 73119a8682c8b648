"""From what yt-dlp raises to the failure it means. YouTube says most of it in sentences, in English.

Pure, and without yt-dlp: whoever has its exceptions takes them apart.
"""

import re
from http import HTTPStatus

from workers.playlist_import.sources.failures import (
    BotCheck,
    Incomplete,
    NeedsLogin,
    NotFound,
    PlaylistFailure,
    Private,
    RateLimited,
    Refused,
    TimedOut,
    Unavailable,
    Unexpected,
)

_SENTENCES: tuple[tuple[re.Pattern[str], type[PlaylistFailure]], ...] = (
    (re.compile(r"not a (?:bot|robot)|unusual traffic|automated queries|/sorry/|captcha"), BotCheck),
    (re.compile(r"too many requests|rate.?limit|isn't available, try again later"), RateLimited),
    (re.compile(r"(?:playlist|list) is private|private playlist"), Private),
    (re.compile(r"does not exist|failed to resolve url|entity was not found|invalid argument"), NotFound),
    (re.compile(r"(?:is|are) (?:not available|unavailable)|no longer available|terminated"), NotFound),
    (re.compile(r"unviewable|sign in|signed in|log in|logged in|login|accounts\.google\.com"), NeedsLogin),
    (re.compile(r"incomplete (?:yt initial )?data|unable to recogni[sz]e"), Incomplete),
    (re.compile(r"timed? ?out"), TimedOut),
    (re.compile(r"unknown error"), Unavailable),
    (re.compile(r"malloc failure|cannot allocate memory"), Unexpected),  # an answer larger than any real one
)

_STATUSES: dict[int, type[PlaylistFailure]] = {
    HTTPStatus.UNAUTHORIZED: NeedsLogin,
    HTTPStatus.FORBIDDEN: Refused,
    HTTPStatus.NOT_FOUND: NotFound,
    HTTPStatus.GONE: NotFound,
    HTTPStatus.REQUEST_TIMEOUT: TimedOut,
    HTTPStatus.TOO_MANY_REQUESTS: RateLimited,
}


def failure_for(said: str, status: int | None, *, network: bool) -> type[PlaylistFailure]:
    """Return the failure meant by what was said, the HTTP status, and whether the network was in the way."""
    sentence = said.lower().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
    for pattern, failure in _SENTENCES:
        if pattern.search(sentence):
            return failure
    if status in _STATUSES:
        return _STATUSES[status]
    if network or (status is not None and status >= HTTPStatus.INTERNAL_SERVER_ERROR):
        return Unavailable
    return Unexpected

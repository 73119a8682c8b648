"""The answers of YouTube's Data API v3 that we read, and what its errors mean. Pure.

https://developers.google.com/youtube/v3/docs/playlistItems/list and …/docs/errors
"""

import re
from http import HTTPStatus

import msgspec

from workers.playlist_import.sources.failures import (
    BadKey,
    Changed,
    NeedsLogin,
    NotFound,
    PlaylistFailure,
    Private,
    QuotaExceeded,
    RateLimited,
    Refused,
    TimedOut,
    Unavailable,
    Unexpected,
)

_DURATION = re.compile(r"P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?")
_SECONDS = (604_800, 86_400, 3_600, 60, 1)


class Wire(msgspec.Struct, frozen=True, rename="camel"):
    """A part of an answer; what we do not name is ignored."""


class Snippet(Wire, frozen=True):
    title: str = ""


class PlaylistDetails(Wire, frozen=True):
    snippet: Snippet = Snippet()


class Playlists(Wire, frozen=True):
    items: list[PlaylistDetails] = []


class ItemDetails(Wire, frozen=True):
    video_id: str


class Status(Wire, frozen=True):
    privacy_status: str = ""
    upload_status: str = ""


class PlaylistItem(Wire, frozen=True):
    content_details: ItemDetails
    snippet: Snippet = Snippet()
    status: Status = Status()


class PageInfo(Wire, frozen=True):
    total_results: int


class PlaylistItems(Wire, frozen=True):
    page_info: PageInfo
    items: list[PlaylistItem] = []
    next_page_token: str | None = None


class VideoDetails(Wire, frozen=True):
    duration: str = ""


class Video(Wire, frozen=True):
    id: str
    content_details: VideoDetails = VideoDetails()
    status: Status = Status()


class Videos(Wire, frozen=True):
    items: list[Video] = []


class ErrorItem(Wire, frozen=True):
    reason: str = ""


class ErrorBody(Wire, frozen=True):
    message: str = ""
    status: str = ""
    errors: list[ErrorItem] = []
    details: list[dict[str, object]] = []


class Error(Wire, frozen=True):
    error: ErrorBody = ErrorBody()


_REASONS: dict[str, type[PlaylistFailure]] = {
    "quotaExceeded": QuotaExceeded,
    "dailyLimitExceeded": QuotaExceeded,
    "dailyLimitExceededUnreg": BadKey,
    "rateLimitExceeded": RateLimited,
    "userRateLimitExceeded": RateLimited,
    "playlistNotFound": NotFound,
    "playlistItemsNotAccessible": Private,
    "playlistForbidden": Private,
    "watchHistoryNotAccessible": NeedsLogin,
    "watchLaterNotAccessible": NeedsLogin,
    "playlistOperationUnsupported": NeedsLogin,
    "authorizationRequired": NeedsLogin,
    "invalidPageToken": Changed,
    "keyInvalid": BadKey,
    "keyExpired": BadKey,
    "accessNotConfigured": BadKey,
    "ipRefererBlocked": BadKey,
    "backendError": Unavailable,
}
_STATUSES: dict[int, type[PlaylistFailure]] = {
    HTTPStatus.UNAUTHORIZED: NeedsLogin,
    HTTPStatus.FORBIDDEN: Refused,
    HTTPStatus.NOT_FOUND: NotFound,
    HTTPStatus.REQUEST_TIMEOUT: TimedOut,
    HTTPStatus.TOO_MANY_REQUESTS: RateLimited,
}
_BAD_KEY = re.compile(r"API_KEY_\w+|SERVICE_DISABLED|API key not valid|API key expired")
_BY_THE_DAY = re.compile(r"per_?day", re.IGNORECASE)


def failure_of(status: int, body: bytes) -> PlaylistFailure:
    """Return what an answer other than 200 means."""
    try:
        error = msgspec.json.decode(body, type=Error).error
    except msgspec.MsgspecError:
        error = ErrorBody()
    reasons = [each.reason for each in error.errors]
    cause = f"{status} {error.status} {' '.join(reasons)}"
    details = msgspec.json.encode(error.details).decode()
    if _BAD_KEY.search(details) or _BAD_KEY.search(error.message):
        return BadKey(cause)
    failure = next((_REASONS[reason] for reason in reasons if reason in _REASONS), None)
    failure = failure or _STATUSES.get(status)
    if failure is RateLimited and _BY_THE_DAY.search(details):
        return QuotaExceeded(cause)
    if failure is None:
        failure = Unavailable if status >= HTTPStatus.INTERNAL_SERVER_ERROR else Unexpected
    return failure(cause)


def seconds_of(duration: str) -> int | None:
    """Return an ISO 8601 duration in seconds; None where there is none, as with what is still live."""
    found = _DURATION.fullmatch(duration)
    if found is None:
        return None
    return (
        sum(int(part or 0) * seconds for part, seconds in zip(found.groups(), _SECONDS, strict=True)) or None
    )


def unavailability(item: PlaylistItem, video: Video | None) -> str | None:
    """Return why nobody can watch an item; the API gives no details of videos that are private or deleted."""
    if video is not None:
        if video.status.privacy_status == "private":
            return "private"
        return "deleted" if video.status.upload_status in {"deleted", "failed", "rejected"} else None
    if item.status.privacy_status == "private" or item.snippet.title == "Private video":
        return "private"
    return "deleted" if item.snippet.title == "Deleted video" else "unavailable"

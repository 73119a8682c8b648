"""yt-dlp's extractor of playlists, and what its entries do not say about the answers they are from.

Imports yt-dlp, so only its own process imports this.
"""

import re
from collections.abc import Iterator
from typing import Any

from yt_dlp.extractor.youtube import YoutubeTabIE
from yt_dlp.utils import ExtractorError, traverse_obj

PLACES_A_PAGE = 100
"""How many items of a playlist YouTube puts on a page; those it hides leave their places empty."""

_COUNT = re.compile(r"(no|\d[\d,.\s]*) (?:videos?|episodes?|lessons?|songs?|tracks?)", re.IGNORECASE)
_SPOKEN = re.compile(r"(.+), [^,]*(?:,\d+)* views? - play short", re.IGNORECASE)
_LISTED = frozenset({"playlistVideoRenderer", "lockupViewModel"})
_VIDEO = "LOCKUP_CONTENT_TYPE_VIDEO"
_IN_A_GRID = "richItemRenderer"
"""What is listed in a grid of shorts, whose pages have any size."""
_NEXT_PAGE = frozenset({"continuationItemRenderer", "continuationItemViewModel"})
_RECOMMENDATIONS = "GetRecommendedMusicPlaylists_rid"


class PlaylistPage(YoutubeTabIE):  # type: ignore[misc] # yt-dlp is untyped
    """yt-dlp's extractor, which loses on its way what tells a whole playlist from a part."""

    counted: int | None = None
    """How many items the head of the page says there are, in whatever layout."""
    ended_empty = False
    """Whether the last continuation brought nothing."""
    ended_full = False
    """Whether no item more fits on the last page."""
    goes_on = False
    """Whether the last answer names a next page, which yt-dlp then did not ask for."""
    listed = 0
    """How many items the pages brought, each of which ought to be an entry."""
    places = 0
    """How many places those pages have."""
    inline = False
    """Whether YouTube shows the playlist only beside a video, as it does with mixes."""

    def _extract_response(self, *args: Any, **kwargs: Any) -> Any:
        try:
            response = super()._extract_response(*args, **kwargs | {"fatal": True})
        except ExtractorError as error:
            # What may fail is a look at the unavailable videos as well, which some playlists do not allow.
            if kwargs.get("fatal", True) or error.cause is not None:
                raise
            return None
        _turn_shorts_into_videos(response)
        self._look_at(response or {}, continued="continuation" in kwargs.get("query", {}))
        return response

    def _look_at(self, response: dict[str, Any], *, continued: bool) -> None:
        counts = [
            _COUNT.fullmatch(text) for text in _texts([response.get("header"), response.get("sidebar")])
        ]
        self.counted = next((_number(found[1]) for found in counts if found), self.counted)
        contents = response.get("contents")
        self.inline = isinstance(contents, dict) and "twoColumnWatchNextResults" in contents
        if continued and _RECOMMENDATIONS in str(response.get("responseContext")):
            self.goes_on = False  # what YouTube offers below the end of an album
            return
        items = list(_continued_items(response)) if continued else contents
        self.ended_empty = continued and not items
        self.goes_on = any(_parts(items, _NEXT_PAGE))
        here = sum(_is_video(key, part) for key, part in _parts(items, _LISTED | {_IN_A_GRID}))
        if not continued:
            self.listed = self.places = 0
        self.listed += here
        self.places += PLACES_A_PAGE if here else 0
        self.ended_full = here >= PLACES_A_PAGE


def _turn_shorts_into_videos(tree: object) -> None:
    """Make every short of an answer one more video; yt-dlp knows shorts in some kinds of lists alone."""
    if isinstance(tree, dict):
        video = _as_video(tree.get("shortsLockupViewModel"))
        if video is not None:
            tree["lockupViewModel"] = video
            del tree["shortsLockupViewModel"]
        for value in tree.values():
            _turn_shorts_into_videos(value)
    elif isinstance(tree, list):
        for value in tree:
            _turn_shorts_into_videos(value)


def _as_video(short: object) -> dict[str, Any] | None:
    video_id = traverse_obj(short, ("onTap", "innertubeCommand", "reelWatchEndpoint", "videoId", {str}))
    if not video_id:
        return None
    title = traverse_obj(
        short,
        ("overlayMetadata", "primaryText", "content", {str}),
        ("accessibilityText", {str}, {_SPOKEN.match}, 1),
    )
    return {
        "contentId": video_id,
        "contentType": _VIDEO,
        "metadata": {"lockupMetadataViewModel": {"title": {"content": title}}},
    }


def _is_video(key: str, part: Any) -> bool:
    known = isinstance(part, dict) and bool(part.get("videoId") or part.get("contentId"))
    return known and key in _LISTED and part.get("contentType", _VIDEO) == _VIDEO


def _parts(tree: object, keys: frozenset[str]) -> Iterator[tuple[str, Any]]:
    """Yield what has one of these keys in an answer, with its key, but for what is below another one."""
    if isinstance(tree, dict):
        for key, value in tree.items():
            if key in keys:
                yield key, value
            else:
                yield from _parts(value, keys)
    elif isinstance(tree, list):
        for value in tree:
            yield from _parts(value, keys)


def _texts(tree: object) -> Iterator[str]:
    """Yield every text of a part of a response."""
    if isinstance(tree, dict):
        for key, value in tree.items():
            if key in {"content", "simpleText"} and isinstance(value, str):
                yield value.strip()
            elif key == "runs":
                yield "".join(traverse_obj(value, (..., "text", {str}))).strip()
            else:
                yield from _texts(value)
    elif isinstance(tree, list):
        for value in tree:
            yield from _texts(value)


def _number(text: str) -> int:
    return 0 if text.lower() == "no" else int(re.sub(r"\D", "", text))


def _continued_items(response: dict[str, Any]) -> Iterator[Any]:
    for key in ("onResponseReceivedActions", "onResponseReceivedEndpoints"):
        for action in response.get(key) or ():
            appended = action.get("appendContinuationItemsAction", {}) if isinstance(action, dict) else {}
            yield from appended.get("continuationItems") or ()
    if response.get("continuationContents"):
        yield response["continuationContents"]

"""A playlist through yt-dlp's own extractor, page by page as they come.

Imports yt-dlp, so only its own process imports this.
"""

import re
from collections import deque
from collections.abc import Iterator
from typing import Any

from yt_dlp import YoutubeDL
from yt_dlp import globals as yt_dlp_globals
from yt_dlp.networking.exceptions import HTTPError, TransportError

from workers.playlist_import.sources.failures import Incomplete, Mix, PlaylistFailure, TooLarge, Unexpected
from workers.playlist_import.sources.items import clean_text, is_video_id, make_item
from workers.playlist_import.sources.source import Item
from workers.playlist_import.sources.whole import not_listed
from workers.playlist_import.sources.yt_dlp_errors import failure_for
from workers.playlist_import.sources.yt_dlp_network import narrow
from workers.playlist_import.sources.yt_dlp_page import PlaylistPage
from workers.playlist_import.sources.yt_dlp_protocol import Ended, Line, PageRead, Request

REMEMBERED_WARNINGS = 3
MAX_RETRY_PAUSE_SECONDS = 10.0

_PLACEHOLDER = re.compile(r"\[(?:(private|deleted|unavailable) video|video (unavailable))\]", re.IGNORECASE)
_IN_BRACKETS = re.compile(r"\[[^\[\]]+\]")
_CLOSED = {
    "private": "private",
    "needs_auth": "needs_login",
    "premium_only": "premium_only",
    "subscriber_only": "members_only",
}


class Warnings:
    """yt-dlp's logger: keeps the last warnings, which say what a refused request was answered with."""

    def __init__(self) -> None:
        self.last: deque[str] = deque(maxlen=REMEMBERED_WARNINGS)

    def debug(self, message: str) -> None:
        pass

    def warning(self, message: str) -> None:
        self.last.append(message)

    def error(self, message: str) -> None:
        self.last.append(message)


def read(request: Request) -> Iterator[Line]:
    """Yield the pages of a playlist, then its end.

    Raises:
        PlaylistFailure: it cannot be read to its end.

    """
    warnings = Warnings()
    try:
        with YoutubeDL(_options(request, warnings), auto_init=False) as ydl:
            narrow(ydl, request.innertube_host, request.ca_file)
            yield from _lines(PlaylistPage(ydl), request)
    except PlaylistFailure:
        raise
    except Exception as error:
        raise failure_of(error, warnings.last) from error


def failure_of(error: Exception, warnings: deque[str]) -> PlaylistFailure:
    """Return what an exception of yt-dlp means."""
    chain = list(_chain(error))
    status = next((each.status for each in chain if isinstance(each, HTTPError)), None)
    said = " ".join(getattr(each, "orig_msg", None) or str(each) for each in chain)
    if status is not None:
        said = " ".join([*warnings, said])
    if any(isinstance(each, TimeoutError) for each in chain):
        said += " timed out"
    network = any(isinstance(each, TransportError) for each in chain)
    return failure_for(said, status, network=network)(cause=f"{type(error).__name__}: {said}")


def _options(request: Request, warnings: Warnings) -> dict[str, Any]:
    yt_dlp_globals.plugin_dirs.value = []
    youtube = {"raise_incomplete_data": ["1"]}
    if request.innertube_host is not None:
        youtube["innertube_host"] = [request.innertube_host]
    return {
        "ignoreconfig": True,
        "cachedir": False,
        "quiet": True,
        "logger": warnings,
        "skip_download": True,
        "extract_flat": "in_playlist",
        "socket_timeout": request.request_seconds,
        "extractor_retries": request.retries,
        "retry_sleep_functions": {
            "extractor": lambda n: min(request.retry_pause_seconds * 2**n, MAX_RETRY_PAUSE_SECONDS)
        },
        "sleep_interval_requests": request.pause_seconds,
        "extractor_args": {"youtube": youtube, "youtubetab": {"skip": ["webpage"]}},
    }


def _lines(page: PlaylistPage, request: Request) -> Iterator[Line]:
    result = page.extract(f"https://www.youtube.com/playlist?list={request.playlist_id}")
    if page.inline:
        raise Mix("only beside a video")
    if result.get("_type") != "playlist":
        raise Unexpected(f"a {result.get('_type')} where a playlist was expected")
    title = clean_text(result.get("title") or "") or None
    counted = result.get("playlist_count")
    total = counted if counted is not None else page.counted
    batch: list[Item] = []
    found = 0
    for entry in filter(_is_video, result["entries"]):
        batch.append(_item(found, entry))
        found += 1
        if found > request.max_items:
            raise TooLarge(f"more than {request.max_items}")
        if len(batch) >= request.page_items:
            yield PageRead(title, total, batch)
            batch = []
    if batch or not found:
        yield PageRead(title, total, batch)
    if total is None and (page.ended_empty or page.ended_full or not found):
        raise Incomplete(cause=f"{found}, and nobody says of how many")
    if (page.goes_on or page.listed > found) and (total is None or found < total):
        raise Incomplete(found, total, f"{page.listed} were listed, and more pages: {page.goes_on}")
    yield Ended(found, total, not_listed(found, total, page.places))


def _is_video(entry: dict[str, Any]) -> bool:
    return entry.get("ie_key") == "Youtube" and is_video_id(entry.get("id"))


def _item(position: int, entry: dict[str, Any]) -> Item:
    title, duration = entry.get("title"), entry.get("duration")
    closed = _CLOSED.get(entry.get("availability") or "")
    return make_item(position, entry["id"], title, duration, _why_gone(entry) or closed)


def _why_gone(entry: dict[str, Any]) -> str | None:
    """Return why a place is empty; in other languages nothing is known of it but a title in brackets."""
    title = (entry.get("title") or "").strip()
    if entry.get("duration"):
        return None
    if found := _PLACEHOLDER.fullmatch(title):
        return (found[1] or found[2]).lower()
    known = any(entry.get(field) for field in ("channel_id", "live_status", "view_count"))
    return "unavailable" if not known and _IN_BRACKETS.fullmatch(title) else None


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an exception and those behind it; yt-dlp keeps some in attributes of its own."""
    seen: set[int] = set()
    waiting = [error]
    while waiting:
        each = waiting.pop(0)
        if isinstance(each, BaseException) and id(each) not in seen:
            seen.add(id(each))
            yield each
            waiting += [getattr(each, "cause", None), each.__cause__, getattr(each, "reason", None)]

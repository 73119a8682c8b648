"""YouTube's Data API v3: the three resources that playlists are read from, 50 items a page."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.youtube.playlists import Kind, Playlist, Trouble, Video
from tests.youtube.server import Answer, Asked, YouTube, serving

BASE = "/youtube/v3"
KEY = "AIza-a-key-that-nobody-may-see"
MAX_ITEMS_A_PAGE = 50

ERRORS = {
    Kind.NOT_FOUND: (404, "playlistNotFound", "NOT_FOUND"),
    Kind.PRIVATE: (403, "playlistItemsNotAccessible", "PERMISSION_DENIED"),
    Kind.SIGN_IN: (401, "authorizationRequired", "UNAUTHENTICATED"),
    Kind.UNVIEWABLE: (403, "watchLaterNotAccessible", "PERMISSION_DENIED"),
    Kind.RATE_LIMITED: (403, "rateLimitExceeded", "RESOURCE_EXHAUSTED"),
    Kind.FORBIDDEN: (403, "forbidden", "PERMISSION_DENIED"),
    Kind.QUOTA: (403, "quotaExceeded", "RESOURCE_EXHAUSTED"),
    Kind.SERVER_ERROR: (503, "backendError", "UNAVAILABLE"),
    Kind.UNKNOWN_PAGE: (400, "invalidPageToken", "INVALID_ARGUMENT"),
}


@dataclass
class DataApi(YouTube):
    """`url` is the setting EDUTRACK_YOUTUBE_API_URL, `ca_file` EDUTRACK_YOUTUBE_CA_FILE."""

    key: str = KEY
    hidden: set[str] = field(default_factory=set)
    """Videos nothing is said about, as where a country may not see them."""

    @property
    def url(self) -> str:
        return f"https://{self.host}{BASE}"

    def answer(self, asked: Asked) -> Answer:
        if asked.headers.get("X-Goog-Api-Key") != self.key:
            return _bad_key()
        resource = asked.path.removeprefix(f"{BASE}/")
        if resource == "playlists":
            return Answer(body=_listing([_playlist(each) for each in self._wanted(asked, "id")]))
        if resource == "videos":
            return Answer(body=_listing(self._videos(asked.query["id"].split(","))))
        if resource == "playlistItems":
            return self._items(asked)
        return _error(404, "notFound", "NOT_FOUND")

    def _wanted(self, asked: Asked, name: str) -> list[Playlist]:
        found = self.playlists.get(asked.query[name])
        return [found] if found else []

    def _items(self, asked: Asked) -> Answer:
        size = int(asked.query["maxResults"])
        assert 1 <= size <= MAX_ITEMS_A_PAGE
        start = int(asked.query.get("pageToken", "CAUQ0").removeprefix("CAUQ"))
        hit = self.hit(start // size)
        if hit and hit.kind not in {Kind.EMPTY_PAGE, Kind.LAST_PAGE}:
            return _in_trouble(hit)
        playlists = self._wanted(asked, "playlistId")
        if not playlists:
            return _error(*ERRORS[Kind.NOT_FOUND])
        videos = playlists[0].videos
        page = [] if hit and hit.kind is Kind.EMPTY_PAGE else videos[start : start + size]
        items = [
            _item(playlists[0], video, start + place) for place, video in enumerate(page) if video.listed
        ]
        total = len(videos) if playlists[0].counted is None else playlists[0].counted
        body = _listing(items) | {"pageInfo": {"totalResults": total, "resultsPerPage": size}}
        if not hit and start + size < len(videos):
            body["nextPageToken"] = f"CAUQ{start + size}"
        return Answer(body=body)

    def _videos(self, ids: list[str]) -> list[dict[str, Any]]:
        assert len(ids) <= MAX_ITEMS_A_PAGE
        assert len(ids) == len(set(ids))
        gone = self.hidden | {
            video.id for each in self.playlists.values() for video in each.videos if video.gone
        }
        there = {video.id: video for each in self.playlists.values() for video in each.videos}
        return [_video(there[each]) for each in ids if each in there and each not in gone]


@contextmanager
def data_api(*playlists: Playlist, trouble: Trouble | None = None) -> Iterator[DataApi]:
    """Serve playlists until the block ends."""
    known = {playlist.id: playlist for playlist in playlists}
    with serving(DataApi(known, trouble)) as youtube:
        yield youtube


def _listing(items: list[dict[str, Any]]) -> dict[str, Any]:
    info = {"totalResults": len(items), "resultsPerPage": len(items)}
    return {"kind": "youtube#listResponse", "etag": "etag", "items": items, "pageInfo": info}


def _playlist(playlist: Playlist) -> dict[str, Any]:
    snippet = {"title": playlist.title, "channelId": "UC" + "a" * 22, "channelTitle": "A teacher"}
    return {"kind": "youtube#playlist", "id": playlist.id, "snippet": snippet}


def _item(playlist: Playlist, video: Video, place: int) -> dict[str, Any]:
    snippet = {
        "playlistId": playlist.id,
        "position": place,
        "title": f"{video.gone.capitalize()} video" if video.gone else video.title,
        "resourceId": {"kind": "youtube#video", "videoId": video.id},
    }
    privacy = {"private": "private", "deleted": "privacyStatusUnspecified"}.get(video.gone or "", "public")
    return {
        "kind": "youtube#playlistItem",
        "id": f"item{place}",
        "snippet": snippet,
        "contentDetails": {"videoId": video.id},
        "status": {"privacyStatus": privacy},
    }


def _video(video: Video) -> dict[str, Any]:
    minutes, seconds = divmod(video.seconds or 0, 60)
    duration = f"PT{minutes}M{seconds}S" if video.seconds else "P0D"
    status = {"uploadStatus": "processed", "privacyStatus": "public"}
    return {
        "kind": "youtube#video",
        "id": video.id,
        "contentDetails": {"duration": duration},
        "status": status,
    }


def _in_trouble(trouble: Trouble) -> Answer:
    if trouble.kind in ERRORS:
        return _error(*ERRORS[trouble.kind])
    if trouble.kind is Kind.BAD_KEY:
        return _bad_key()
    if trouble.kind is Kind.REDIRECT:
        return Answer(302, {}, {"Location": trouble.target})
    return Answer(body={"kind": "youtube#playlistItemListResponse"}, kind=trouble.kind)


def _error(code: int, reason: str, status: str) -> Answer:
    errors = [{"message": f"The {reason} error.", "domain": "youtube.playlistItem", "reason": reason}]
    body = {"code": code, "message": errors[0]["message"], "errors": errors, "status": status}
    return Answer(code, {"error": body})


def _bad_key() -> Answer:
    message = "API key not valid. Please pass a valid API key."
    info = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID"}
    errors = [{"message": message, "domain": "global", "reason": "badRequest"}]
    body = {
        "code": 400,
        "message": message,
        "errors": errors,
        "status": "INVALID_ARGUMENT",
        "details": [info],
    }
    return Answer(400, {"error": body})

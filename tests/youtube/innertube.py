"""YouTube's InnerTube as its own pages use it: resolve a link, browse a playlist, continue."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tests.youtube import innertube_shapes as shapes
from tests.youtube.playlists import Kind, Playlist, Trouble, Video
from tests.youtube.server import Answer, Asked, YouTube, serving

ITEMS_A_PAGE = 100
WITH_UNAVAILABLE = "wgYCCAA="
"""The parameter of a request that wants the unavailable videos as well."""

ALERTS = {
    Kind.NOT_FOUND: "The playlist does not exist.",
    Kind.PRIVATE: "This playlist is private.",
    Kind.SIGN_IN: "Sign in to view this playlist.",
    Kind.UNVIEWABLE: "This playlist type is unviewable.",
    Kind.BOT_CHECK: "Sign in to confirm you\N{RIGHT SINGLE QUOTATION MARK}re not a bot",
}
STATUSES = {
    Kind.RATE_LIMITED: (429, "Resource has been exhausted (e.g. check quota).", "RESOURCE_EXHAUSTED"),
    Kind.FORBIDDEN: (403, "The caller does not have permission", "PERMISSION_DENIED"),
    Kind.SERVER_ERROR: (500, "Internal error encountered.", "INTERNAL"),
}
OF_A_PAGE = (Kind.EMPTY_PAGE, Kind.LAST_PAGE, Kind.ODD_PAGE, Kind.SAME_PAGE)
SORRY = "https://www.google.com/sorry/index?continue=https://www.youtube.com/"


@dataclass
class InnerTube(YouTube):
    """`host` is the setting EDUTRACK_YOUTUBE_INNERTUBE_HOST, `ca_file` EDUTRACK_YOUTUBE_CA_FILE."""

    layout: shapes.Layout = shapes.Layout.SIDEBAR
    gone: str | None = None
    """What places without a video are called, where that is not English."""

    def answer(self, asked: Asked) -> Answer:
        if asked.path == "/youtubei/v1/navigation/resolve_url":
            playlist_id = asked.body["url"].partition("list=")[2]
            return Answer(body=shapes.resolved(playlist_id))
        if asked.path != "/youtubei/v1/browse":
            return Answer(404, shapes.error(404, "Requested entity was not found.", "NOT_FOUND"))
        token = asked.body.get("continuation")
        playlist_id, page = token.split(":") if token else (asked.body["browseId"].removeprefix("VL"), 0)
        hit = self.hit(int(page))
        if hit and hit.kind not in OF_A_PAGE:
            return _in_trouble(hit)
        playlist = self.playlists.get(playlist_id)
        if playlist is None:
            return Answer(body=shapes.alert("ERROR", ALERTS[Kind.NOT_FOUND]))
        hidden = not token and asked.body.get("params") != WITH_UNAVAILABLE
        return Answer(body=self._page(playlist, int(page), hidden=hidden, kind=hit.kind if hit else None))

    def _page(self, playlist: Playlist, page: int, *, hidden: bool, kind: Kind | None) -> dict[str, Any]:
        start = page * ITEMS_A_PAGE
        videos = [] if kind is Kind.EMPTY_PAGE else playlist.videos[start : start + ITEMS_A_PAGE]
        items = [
            self._item(video, start + place)
            for place, video in enumerate(videos)
            if video.listed and not (hidden and video.gone)
        ]
        if start + ITEMS_A_PAGE < len(playlist.videos) and kind not in {Kind.EMPTY_PAGE, Kind.LAST_PAGE}:
            following = page if kind is Kind.SAME_PAGE else page + 1
            items.append(shapes.continuation(f"{playlist.id}:{following}", self.layout))
        if kind is Kind.ODD_PAGE:
            items.insert(0, {"oddRenderer": {"trackingParams": "CAEQ"}})
        if page:
            return shapes.continued(playlist.id, items, self.layout)
        count = len(playlist.videos) if playlist.counted is None else playlist.counted
        return shapes.first_page(playlist.id, playlist.title, count, items, self.layout, hidden=hidden)

    def _item(self, video: Video, place: int) -> dict[str, Any]:
        title = (self.gone or f"[{video.gone.capitalize()} video]") if video.gone else video.title
        seconds = None if video.gone else video.seconds
        return shapes.item(video.id, title, seconds, place, self.layout, video.style)


@contextmanager
def innertube(*playlists: Playlist, trouble: Trouble | None = None) -> Iterator[InnerTube]:
    """Serve playlists until the block ends."""
    known = {playlist.id: playlist for playlist in playlists}
    with serving(InnerTube(known, trouble)) as youtube:
        yield youtube


def _in_trouble(trouble: Trouble) -> Answer:
    kind = trouble.kind
    if kind in ALERTS:
        return Answer(body=shapes.alert("ERROR", ALERTS[kind]))
    if kind in STATUSES:
        return Answer(STATUSES[kind][0], shapes.error(*STATUSES[kind]))
    if kind in {Kind.REDIRECT, Kind.SORRY}:
        return Answer(302, {}, {"Location": SORRY if kind is Kind.SORRY else trouble.target})
    return Answer(body={"responseContext": {"visitorData": "CgtWaXNpdG9y"}}, kind=kind)

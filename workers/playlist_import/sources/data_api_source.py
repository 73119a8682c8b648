"""Playlists from YouTube's Data API v3, for those who have a key. Goes on where it was."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from pydantic import SecretStr

from workers.playlist_import.sources import data_api_answers as answers
from workers.playlist_import.sources.data_api_client import (
    DATA_API_POLICY,
    DataApiClient,
    DataApiPolicy,
    connected,
)
from workers.playlist_import.sources.failures import Changed, Incomplete, NotFound, TooLarge, Unexpected
from workers.playlist_import.sources.items import check_playlist_id, clean_text, is_video_id, make_item
from workers.playlist_import.sources.source import Item, Page
from workers.playlist_import.sources.whole import not_listed

_KIND = "v3.1"


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page began: how many pages and items came before, how many there are, and the API's token."""

    pages: int
    found: int
    total: int
    token: str

    def __str__(self) -> str:
        return f"{_KIND}:{self.pages}:{self.found}:{self.total}:{self.token}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read what `str` wrote.

        Raises:
            Changed: somebody else wrote it.

        """
        kind, *rest = text.split(":", maxsplit=4)
        try:
            pages, found, total, token = rest
            if kind == _KIND:
                return cls(int(pages), int(found), int(total), token)
        except ValueError:
            pass
        raise Changed("a cursor of another source")


class DataApiSource:
    """Reads playlists with the key of a project. A page of 50 items costs two units of its daily quota."""

    def __init__(
        self, url: str, key: SecretStr, ca_file: Path | None = None, policy: DataApiPolicy = DATA_API_POLICY
    ) -> None:
        self._url = url
        self._key = key
        self._ca_file = ca_file
        self._policy = policy

    async def pages(self, playlist_id: str, cursor: str | None = None) -> AsyncGenerator[Page, None]:
        check_playlist_id(playlist_id)
        place = Cursor.parse(cursor) if cursor is not None else None
        async with connected(self._url, self._key, self._ca_file, self._policy) as api:
            title = await self._title(api, playlist_id) if place is None else None
            while True:
                listed, items = await self._page(api, playlist_id, place)
                total, token = listed.page_info.total_results, listed.next_page_token
                pages, found = (place.pages, place.found) if place else (0, 0)
                pages, found = pages + bool(items), found + len(items)
                if found > self._policy.max_items:
                    raise TooLarge(f"more than {self._policy.max_items}")
                place = Cursor(pages, found, total, token) if token else None
                yield Page(title, total, items, cursor=str(place) if place else None)
                if place is None:
                    break
        if missing := not_listed(found, total, pages * self._policy.page_items):
            yield Page(title, total, [], cursor=None, not_listed=missing)

    @staticmethod
    async def _title(api: DataApiClient, playlist_id: str) -> str | None:
        """Return what the playlist is called; whether there is one, its items tell."""
        try:
            listed = await api.get("playlists", answers.Playlists, part="snippet", id=playlist_id)
        except NotFound:
            return None
        return clean_text(listed.items[0].snippet.title) or None if listed.items else None

    async def _page(
        self, api: DataApiClient, playlist_id: str, place: Cursor | None
    ) -> tuple[answers.PlaylistItems, list[Item]]:
        token = {"pageToken": place.token} if place else {}
        listed = await api.get(
            "playlistItems",
            answers.PlaylistItems,
            part="snippet,contentDetails,status",
            playlistId=playlist_id,
            maxResults=self._policy.page_items,
            **token,
        )
        if place is not None and place.total != listed.page_info.total_results:
            raise Changed(f"{place.total} items became {listed.page_info.total_results}")
        if not listed.items and listed.next_page_token is not None:
            raise Incomplete(place.found if place else 0, listed.page_info.total_results, "an empty page")
        videos = await self._videos(api, [item.content_details.video_id for item in listed.items])
        first = place.found if place else 0
        return listed, [_item(first + index, item, videos) for index, item in enumerate(listed.items)]

    @staticmethod
    async def _videos(api: DataApiClient, ids: list[str]) -> dict[str, answers.Video]:
        if not all(map(is_video_id, ids)):
            raise Unexpected("an id that is none")
        if not ids:
            return {}
        listed = await api.get(
            "videos", answers.Videos, part="contentDetails,status", id=",".join(dict.fromkeys(ids))
        )
        return {video.id: video for video in listed.items}


def _item(position: int, item: answers.PlaylistItem, videos: dict[str, answers.Video]) -> Item:
    video = videos.get(item.content_details.video_id)
    return make_item(
        position,
        item.content_details.video_id,
        item.snippet.title,
        answers.seconds_of(video.content_details.duration) if video else None,
        answers.unavailability(item, video),
    )

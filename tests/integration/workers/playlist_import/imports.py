"""Courses whose playlists are imported by an engine in the test's own process, and what became of them."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy import insert, select

from core.database import Sessions
from core.imports import requests
from core.tables import Course, PlaylistImport, Video
from tests.youtube.playlists import Playlist
from workers.playlist_import.engine import Engine, ImportPolicy
from workers.playlist_import.sources.source import Item, Page

QUICK = ImportPolicy(heartbeat=timedelta(seconds=0.1), look_up=timedelta(seconds=0.05))


@dataclass
class Scripted:
    """A source that yields what it is told to, and does between two pages what it is told to."""

    pages_of: Sequence[Page]
    between: Callable[[int], Awaitable[None]] | None = None
    asked: list[str | None] = field(default_factory=list)
    closed: int = 0

    async def pages(self, playlist_id: str, cursor: str | None = None) -> AsyncGenerator[Page, None]:
        assert playlist_id
        self.asked.append(cursor)
        try:
            for number in range(int(cursor or 0), len(self.pages_of)):
                if self.between is not None:
                    await self.between(number)
                yield self.pages_of[number]
        finally:
            self.closed += 1


def make_pages(*sizes: int, resumable: bool = True, total: int | None = None) -> list[Page]:
    """Return pages of these sizes; each but the last has the number of the next for its cursor."""
    pages, position = [], 0
    for number, size in enumerate(sizes):
        items = [
            Item(place, f"video{place:06}", f"Lecture {place + 1}", 60, None)
            for place in range(position, position + size)
        ]
        position += size
        cursor = str(number + 1) if resumable and number + 1 < len(sizes) else None
        pages.append(Page("Optics", sum(sizes) if total is None else total, items, cursor))
    return pages


async def add_course(sessions: Sessions, playlist_id: str = "PL1") -> int:
    async with sessions.begin() as session:
        values = {"course_title": playlist_id, "playlist_id": playlist_id}
        return (await session.execute(insert(Course).values(values).returning(Course.id))).scalar_one()


async def ask(sessions: Sessions, course: int) -> int:
    async with sessions.begin() as session:
        return (await requests.request(session, course, None)).id


async def look(sessions: Sessions, import_id: int) -> PlaylistImport:
    async with sessions.begin() as session:
        found = await requests.by_id(session, import_id)
        assert found is not None
        return found


async def shown(sessions: Sessions, course: int) -> list[Video]:
    """Return the videos that are there, in order."""
    there = select(Video).where(Video.course_id == course, Video.removed_at.is_(None))
    async with sessions.begin() as session:
        return list(await session.scalars(there.order_by(Video.position, Video.id)))


async def is_exactly(sessions: Sessions, course: int, playlist: Playlist) -> None:
    """Assert that a course is its playlist, place for place."""
    videos = await shown(sessions, course)
    assert [video.position for video in videos] == list(range(len(playlist.videos)))
    assert [(video.youtube_id, video.unavailable) for video in videos] == [
        (place.id, place.gone) for place in playlist.videos
    ]
    for video, place in zip(videos, playlist.videos, strict=True):
        if place.gone is None:
            assert (video.title, video.duration_seconds) == (place.title, place.seconds)


async def say_nothing(_: int) -> None:
    pass


def engine_of(sessions: Sessions, source: object, **more: object) -> Engine:
    return Engine(sessions, source, say_nothing, policy=QUICK, **more)  # type: ignore[arg-type]

"""Every SQL statement of an import on `courses` and `videos`; neither belongs to it."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from core.tables import Course, ImportStatus, PlaylistImport, Video
from workers.playlist_import.sync import Fetched, Known

WATCH = "https://www.youtube.com/watch?v={}"


async def lock_course(session: AsyncSession, course_id: int) -> None:
    """Keep other changes of the course's videos away until the transaction ends."""
    await session.execute(select(Course.id).where(Course.id == course_id).with_for_update(key_share=True))


async def videos_of(session: AsyncSession, course_id: int) -> list[Known]:
    """Return all videos of a course, the removed ones included."""
    columns = (Video.id, Video.youtube_id, Video.position, Video.title, Video.duration_seconds)
    flags = (Video.unavailable, Video.removed_at.is_not(None), Video.vanished)
    rows = await session.execute(select(*columns, *flags).where(Video.course_id == course_id))
    return [Known(*row) for row in rows]


async def add(session: AsyncSession, course_id: int, places: Sequence[tuple[int, Fetched]]) -> None:
    """Add videos at their positions."""
    rows = [
        {
            "course_id": course_id,
            "position": position,
            "youtube_id": place.youtube_id,
            "video_link": WATCH.format(place.youtube_id),
            "title": place.title,
            "duration_seconds": place.duration_seconds,
            "unavailable": place.unavailable,
        }
        for position, place in places
    ]
    if rows:
        await session.execute(insert(Video), rows)


async def change(session: AsyncSession, videos: Sequence[Known]) -> None:
    """Renew what an import may change of videos, and bring back those that had vanished.

    One that was archived in between stays away.
    """
    rows = [
        {
            "which": video.id,
            "position": video.position,
            "title": video.title,
            "duration_seconds": video.duration_seconds,
            "unavailable": video.unavailable,
        }
        for video in videos
    ]
    connection = await session.connection()
    if rows:
        await connection.execute(update(Video).where(Video.id == bindparam("which")), rows)
    present = [video.id for video in videos if not video.removed]
    back = update(Video).where(Video.id.in_(present), Video.vanished).values(removed_at=None, vanished=False)
    await connection.execute(back)


async def take_away(session: AsyncSession, ids: Sequence[int], now: datetime) -> None:
    """Mark videos as vanished from their playlist."""
    there = update(Video).where(Video.id.in_(ids), Video.removed_at.is_(None))
    await session.execute(there.values(removed_at=now, vanished=True), execution_options=_BLIND)


async def name_course(session: AsyncSession, course_id: int, title: str) -> None:
    """Give a course the title of its playlist, unless an admin gave it one.

    It has none of an admin's while it still has the playlist's id for a title, or what the last import that
    ended well called it.
    """
    last = (
        select(PlaylistImport.playlist_title)
        .where(
            PlaylistImport.course_id == course_id,
            PlaylistImport.status.in_([ImportStatus.DONE.value, ImportStatus.DONE_WITH_WARNINGS.value]),
        )
        .order_by(PlaylistImport.finished_at.desc(), PlaylistImport.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    ours = or_(Course.course_title == Course.playlist_id, Course.course_title == last)
    statement = update(Course).where(Course.id == course_id, ours).values(course_title=title)
    await session.execute(statement, execution_options=_BLIND)


_BLIND = {"synchronize_session": False}

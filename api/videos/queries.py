"""Every SQL statement of the slice, which owns the table `videos`.

It also adds the course that a playlist becomes, and selects the courses its videos belong to and the names
of users who asked for imports.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from core.tables import Course, User, Video

_AS_STORED = {"populate_existing": True}


async def course_exists(session: AsyncSession, course_id: int) -> bool:
    """Return whether there is a course with this id."""
    return await session.scalar(select(Course.id).where(Course.id == course_id)) is not None


async def of_course(
    session: AsyncSession, course_id: int, *, after: tuple[int, ...] | None, limit: int, removed: bool
) -> Sequence[Video]:
    """Return a course's videos in playlist order, from the one after `after`: position and id."""
    statement = select(Video).where(Video.course_id == course_id)
    if after is not None:
        statement = statement.where(tuple_(Video.position, Video.id) > after)
    if not removed:
        statement = statement.where(Video.removed_at.is_(None))
    return (await session.scalars(statement.order_by(Video.position, Video.id).limit(limit))).all()


async def by_id(session: AsyncSession, video_id: int) -> Video | None:
    """Return one video, removed or not."""
    return await session.get(Video, video_id)


async def change(session: AsyncSession, video_id: int, **values: Any) -> Video | None:
    """Change columns of a video and return it; None where there is none."""
    statement = update(Video).where(Video.id == video_id).values(values).returning(Video)
    return (await session.scalars(statement, execution_options=_AS_STORED)).one_or_none()


async def archive(session: AsyncSession, video_id: int, at: datetime) -> Video | None:
    """Take a video out of its course and return it; None where there is none. The first time counts."""
    return await change(session, video_id, removed_at=func.coalesce(Video.removed_at, at), vanished=False)


async def make_room(session: AsyncSession, course_id: int, position: int) -> None:
    """Move every video of a course from a place on back by one; whoever moves some at once waits."""
    course = select(Course.id).where(Course.id == course_id).with_for_update(key_share=True)
    await session.execute(course)
    moved = update(Video).where(Video.course_id == course_id, Video.position >= position)
    await session.execute(moved.values(position=Video.position + 1))


async def course_of_playlist(session: AsyncSession, playlist_id: str, link: str) -> Course:
    """Return the course of a playlist, making it where there is none.

    The update changes nothing; it makes the row come back, whoever made it.
    """
    statement = insert(Course).values(course_title=playlist_id, link=link, playlist_id=playlist_id)
    statement = statement.on_conflict_do_update(
        index_elements=["playlist_id"], set_={"playlist_id": statement.excluded.playlist_id}
    )
    return (await session.scalars(statement.returning(Course))).one()


async def usernames(session: AsyncSession, user_ids: Collection[int]) -> dict[int, str]:
    """Return the names of users by id."""
    if not user_ids:
        return {}
    found = await session.execute(select(User.id, User.username).where(User.id.in_(user_ids)))
    return {row.id: row.username for row in found}


async def course_archived(session: AsyncSession, course_id: int) -> bool:
    """Return whether a course is archived."""
    statement = select(Course.archived_at.is_not(None)).where(Course.id == course_id)
    return bool(await session.scalar(statement))

"""Every SQL statement of the slice, which owns the table `videos`.

It also adds the course that a playlist becomes, and selects the courses its videos belong to.
"""

from collections.abc import Sequence

from sqlalchemy import func, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from core.tables import Course, Video


async def course_exists(session: AsyncSession, course_id: int) -> bool:
    """Return whether there is a course with this id."""
    return await session.scalar(select(Course.id).where(Course.id == course_id)) is not None


async def of_course(
    session: AsyncSession, course_id: int, *, after: tuple[int, ...] | None, limit: int
) -> Sequence[Video]:
    """Return a course's videos in playlist order, from the one after `after`: position and id."""
    statement = select(Video).where(Video.course_id == course_id)
    if after is not None:
        statement = statement.where(tuple_(Video.position, Video.id) > after)
    return (await session.scalars(statement.order_by(Video.position, Video.id).limit(limit))).all()


async def append(session: AsyncSession, course_id: int, title: str, video_link: str) -> int:
    """Add a video at the end of a course and return its id."""
    last = select(func.coalesce(func.max(Video.position), -1)).where(Video.course_id == course_id)
    statement = insert(Video).values(
        course_id=course_id, title=title, video_link=video_link, position=last.scalar_subquery() + 1
    )
    return (await session.execute(statement.returning(Video.id))).scalar_one()


async def course_of_playlist(session: AsyncSession, playlist_id: str, link: str) -> Course:
    """Return the course of a playlist, making it where there is none.

    The update changes nothing; it makes the row come back, whoever made it.
    """
    statement = insert(Course).values(course_title=playlist_id, link=link, playlist_id=playlist_id)
    statement = statement.on_conflict_do_update(
        index_elements=["playlist_id"], set_={"playlist_id": statement.excluded.playlist_id}
    )
    return (await session.scalars(statement.returning(Course))).one()

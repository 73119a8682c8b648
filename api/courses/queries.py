"""Every SQL statement of the slice, which owns the tables `courses` and `registrations`.

It also adds videos to a course; what becomes of them is for the slice that owns them.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import exists, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from core.tables import Course, Registration, Video

_AS_STORED = {"populate_existing": True}


async def page(session: AsyncSession, *, after: int, limit: int, archived: bool) -> Sequence[Course]:
    """Return courses by id, from the one after `after`; the archived ones too where they are asked for."""
    statement = select(Course).where(Course.id > after)
    if not archived:
        statement = statement.where(Course.archived_at.is_(None))
    return (await session.scalars(statement.order_by(Course.id).limit(limit))).all()


async def by_id(session: AsyncSession, course_id: int) -> Course | None:
    """Return one course."""
    return await session.get(Course, course_id)


async def add(session: AsyncSession, title: str, link: str | None) -> Course:
    """Add a course."""
    statement = insert(Course).values(course_title=title, link=link).returning(Course)
    return (await session.scalars(statement)).one()


async def change(session: AsyncSession, course_id: int, **values: Any) -> Course | None:
    """Change columns of a course and return it; None where there is none."""
    statement = update(Course).where(Course.id == course_id).values(values).returning(Course)
    return (await session.scalars(statement, execution_options=_AS_STORED)).one_or_none()


async def archive(session: AsyncSession, course_id: int, at: datetime) -> Course | None:
    """Archive a course and return it; None where there is none. The first time counts."""
    return await change(session, course_id, archived_at=func.coalesce(Course.archived_at, at))


async def register(session: AsyncSession, course_id: int, user_id: int) -> None:
    """Give a user a place; harmless where there is one."""
    values = {"course_id": course_id, "user_id": user_id}
    await session.execute(insert(Registration).values(values).on_conflict_do_nothing())


async def is_registered(session: AsyncSession, course_id: int, user_id: int) -> bool:
    """Return whether a user has a place."""
    place = exists().where(Registration.course_id == course_id, Registration.user_id == user_id)
    return bool(await session.scalar(select(place)))


async def append_video(
    session: AsyncSession, course_id: int, title: str, video_link: str, **columns: Any
) -> Video:
    """Add a video at the end of a course that exists; whoever adds another one at once waits."""
    course = select(Course.id).where(Course.id == course_id).with_for_update(key_share=True)
    await session.execute(course)
    last = select(func.coalesce(func.max(Video.position), -1)).where(Video.course_id == course_id)
    statement = insert(Video).values(
        course_id=course_id,
        title=title,
        video_link=video_link,
        position=last.scalar_subquery() + 1,
        **columns,
    )
    return (await session.scalars(statement.returning(Video))).one()

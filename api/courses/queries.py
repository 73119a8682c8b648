"""Every SQL statement of the slice, which owns the tables `courses` and `registrations`."""

from collections.abc import Sequence

from sqlalchemy import exists, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from core.tables import Course, Registration


async def page(session: AsyncSession, *, after: int, limit: int) -> Sequence[Course]:
    """Return courses by id, from the one after `after`."""
    statement = select(Course).where(Course.id > after).order_by(Course.id).limit(limit)
    return (await session.scalars(statement)).all()


async def by_id(session: AsyncSession, course_id: int) -> Course | None:
    """Return one course."""
    return await session.get(Course, course_id)


async def add(session: AsyncSession, title: str, link: str | None) -> int:
    """Add a course and return its id."""
    statement = insert(Course).values(course_title=title, link=link).returning(Course.id)
    return (await session.execute(statement)).scalar_one()


async def register(session: AsyncSession, course_id: int, user_id: int) -> None:
    """Give a user a place; harmless where there is one."""
    values = {"course_id": course_id, "user_id": user_id}
    await session.execute(insert(Registration).values(values).on_conflict_do_nothing())


async def is_registered(session: AsyncSession, course_id: int, user_id: int) -> bool:
    """Return whether a user has a place."""
    place = exists().where(Registration.course_id == course_id, Registration.user_id == user_id)
    return bool(await session.scalar(select(place)))

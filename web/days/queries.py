"""Every SQL statement of the pages of days. The tables belong to others; they only select."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.tables import AttendanceRule, Course, Registration

MOST_COURSES = 30


class Place(NamedTuple):
    """A course in which a student has a place."""

    course_id: int
    title: str


async def places(session: AsyncSession, user_id: int, *, with_rules: bool = False) -> Sequence[Place]:
    """Return where a student has places, by title; if asked so, only where a course has rules of its own."""
    statement = (
        select(Course.id, Course.course_title)
        .join(Registration, Registration.course_id == Course.id)
        .where(Registration.user_id == user_id)
        .order_by(Course.course_title, Course.id)
        .limit(MOST_COURSES)
    )
    if with_rules:
        statement = statement.where(exists().where(AttendanceRule.course_id == Course.id))
    return [Place._make(row) for row in await session.execute(statement)]

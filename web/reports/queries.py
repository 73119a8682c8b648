"""Every SQL statement of the analysts' pages. The tables belong to others; they only select."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.tables import Course, Registration


class CourseCard(NamedTuple):
    """A course as analysts choose it."""

    id: int
    title: str
    students: int


async def courses(session: AsyncSession) -> Sequence[CourseCard]:
    """Return the courses that are not archived, by title."""
    students = select(func.count()).where(Registration.course_id == Course.id).scalar_subquery()
    statement = select(Course.id, Course.course_title, students).where(Course.archived_at.is_(None))
    rows = await session.execute(statement.order_by(Course.course_title, Course.id))
    return [CourseCard._make(row) for row in rows]

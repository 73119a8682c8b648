"""Statements behind reports; they only select."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import NamedTuple

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from api.attendance.queries import KNOWN
from core.attendance.school_days import SchoolDays
from core.roles import Role
from core.tables import Attendance, Registration, User, Video


class GridRow(NamedTuple):
    """A student's days, as columns in order of the date. What nobody watched has no status and no time."""

    user_id: int
    username: str
    expected: Sequence[bool]
    computed: Sequence[str | None]
    corrections: Sequence[str | None]
    watched: Sequence[timedelta | None]


_GRID = text(f"""
SELECT user_id, username, array_agg(expected ORDER BY date), array_agg(status ORDER BY date),
       array_agg(correction ORDER BY date), array_agg(total_time ORDER BY date)
FROM ({KNOWN} WHERE u.id = ANY(:user_ids)) AS known
GROUP BY user_id, username ORDER BY user_id
""")  # noqa: S608 - nothing but constants


async def students_after(session: AsyncSession, after: int, days: Sequence[date], limit: int) -> list[int]:
    """Return the next users by id who are students, or who watched on one of the days."""
    watched = select(Attendance.user_id).where(
        Attendance.user_id == User.id, Attendance.date.between(days[0], days[-1])
    )
    statement = select(User.id).where(User.id > after, (User.role == Role.STUDENT.value) | watched.exists())
    return list(await session.scalars(statement.order_by(User.id).limit(limit)))


async def grid(
    session: AsyncSession, user_ids: Sequence[int], school_days: SchoolDays, days: Sequence[date]
) -> list[GridRow]:
    """Return the days of some users, by id."""
    asked = {"user_ids": list(user_ids), **school_days.columns(days)}
    return [GridRow(*row) for row in await session.execute(_GRID, asked)]


async def names_in_course(session: AsyncSession, course_id: int, after: int, limit: int) -> dict[int, str]:
    """Return the names of the next students with a place in a course, by id."""
    statement = (
        select(User.id, User.username)
        .join(Registration, Registration.user_id == User.id)
        .where(Registration.course_id == course_id, User.id > after)
    )
    return {row.id: row.username for row in await session.execute(statement.order_by(User.id).limit(limit))}


class Lesson(NamedTuple):
    """A video that is in its course now."""

    id: int
    duration_seconds: int | None


async def lessons(session: AsyncSession, course_id: int) -> list[Lesson]:
    """Return the videos of a course that were not removed."""
    statement = select(Video.id, Video.duration_seconds).where(
        Video.course_id == course_id, Video.removed_at.is_(None)
    )
    return [Lesson(*row) for row in await session.execute(statement)]

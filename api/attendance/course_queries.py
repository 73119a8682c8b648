"""Statements on days of students in a course; they only select."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import NamedTuple

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from core.attendance.expected import EXPECTED_IN_COURSE
from core.attendance.school_days import DAYS, SchoolDays
from core.tables import Course, Registration


class CourseRow(NamedTuple):
    """What is known of a student's day in a course; nothing watched is None."""

    user_id: int
    username: str
    date: date
    expected: bool
    watched: timedelta | None
    correction: str | None
    reason: str | None


class CourseGridRow(NamedTuple):
    """The days of a student in a course, as columns in order of the date."""

    user_id: int
    username: str
    dates: Sequence[date]
    expected: Sequence[bool]
    watched: Sequence[timedelta | None]
    corrections: Sequence[str | None]


_KNOWN = f"""
WITH watched AS (
    SELECT p.user_id, p.date, sum(p.watch_time) AS watched
    FROM progress p JOIN videos v ON v.id = p.video_id
    WHERE p.user_id = ANY(:user_ids) AND p.date = ANY(:dates) AND v.course_id = :course_id
    GROUP BY p.user_id, p.date
), known AS (
    SELECT u.id, u.username, d.date, {EXPECTED_IN_COURSE} AS expected, w.watched, k.status, k.reason
    FROM registrations r JOIN courses c ON c.id = r.course_id JOIN users u ON u.id = r.user_id
    CROSS JOIN {DAYS}
    LEFT JOIN watched w ON w.user_id = u.id AND w.date = d.date
    LEFT JOIN attendance_corrections k ON k.user_id = u.id AND k.date = d.date
    WHERE r.course_id = :course_id AND r.user_id = ANY(:user_ids)
)
"""  # noqa: S608 - nothing but constants

_COURSE_DAYS = text(f"""{_KNOWN}
SELECT * FROM known
WHERE (expected OR watched IS NOT NULL) AND (id, date) > (:after_user, :after_date)
ORDER BY id, date LIMIT :limit
""")  # noqa: S608 - likewise

_COURSE_GRID = text(f"""{_KNOWN}
SELECT id, username, array_agg(date ORDER BY date), array_agg(expected ORDER BY date),
       array_agg(watched ORDER BY date), array_agg(status ORDER BY date)
FROM known WHERE expected OR watched IS NOT NULL GROUP BY id, username ORDER BY id
""")  # noqa: S608 - likewise


async def course_exists(session: AsyncSession, course_id: int) -> bool:
    """Return whether there is a course with this id."""
    return await session.scalar(select(Course.id).where(Course.id == course_id)) is not None


async def students_from(session: AsyncSession, course_id: int, first: int, limit: int) -> Sequence[int]:
    """Return users with a place in a course, by id from `first` on."""
    statement = select(Registration.user_id).where(
        Registration.course_id == course_id, Registration.user_id >= first
    )
    return (await session.scalars(statement.order_by(Registration.user_id).limit(limit))).all()


async def course_days(
    session: AsyncSession,
    course_id: int,
    school_days: SchoolDays,
    dates: Sequence[date],
    user_ids: Sequence[int],
    *,
    after: tuple[int, date],
    limit: int,
) -> list[CourseRow]:
    """Return days on which some students were expected in a course or watched it, by user and date."""
    asked = {
        "course_id": course_id,
        "user_ids": list(user_ids),
        "after_user": after[0],
        "after_date": after[1],
        "limit": limit,
        **school_days.columns(dates),
    }
    return [CourseRow(*row) for row in await session.execute(_COURSE_DAYS, asked)]


async def course_grid(
    session: AsyncSession,
    course_id: int,
    school_days: SchoolDays,
    dates: Sequence[date],
    user_ids: Sequence[int],
) -> list[CourseGridRow]:
    """Return the same days as `course_days` in one row a student: a large table in a fraction of the time."""
    asked = {"course_id": course_id, "user_ids": list(user_ids), **school_days.columns(dates)}
    return [CourseGridRow(*row) for row in await session.execute(_COURSE_GRID, asked)]

"""Every SQL statement of the slice. The tables belong to others; this slice only selects."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.roles import Role
from core.tables import Attendance, User

_ABSENT = "absent"


class DayRow(NamedTuple):
    """What is stored of a user's day; its defaults are a day of which nothing is."""

    date: date
    status: str = _ABSENT
    total_time: timedelta = timedelta()
    overlap_time: timedelta = timedelta()


class RosterRow(NamedTuple):
    """A student on a day."""

    user_id: int
    username: str
    day: DayRow


async def username(session: AsyncSession, user_id: int) -> str | None:
    """Return the name of a user, or None if there is none."""
    return await session.scalar(select(User.username).where(User.id == user_id))


async def history(
    session: AsyncSession,
    user_id: int,
    *,
    first: date | None,
    last: date | None,
    before: date | None,
    limit: int,
) -> Sequence[DayRow]:
    """Return a user's rows, newest first, from the day before `before`."""
    statement = select(
        Attendance.date, Attendance.status, Attendance.total_time, Attendance.overlap_time
    ).where(Attendance.user_id == user_id)
    if first is not None:
        statement = statement.where(Attendance.date >= first)
    if last is not None:
        statement = statement.where(Attendance.date <= last)
    if before is not None:
        statement = statement.where(Attendance.date < before)
    rows = await session.execute(statement.order_by(Attendance.date.desc()).limit(limit))
    return [DayRow(*row) for row in rows]


async def roster(
    session: AsyncSession, day: date, *, ends_at: datetime, after: int, limit: int
) -> Sequence[RosterRow]:
    """Return the students that existed on a day, by id from the one after `after`.

    Whoever has a row of that day is among them, also when the account is younger: an event may be reported
    days after it happened.
    """
    statement = (
        select(
            User.id,
            User.username,
            func.coalesce(Attendance.status, _ABSENT),
            func.coalesce(Attendance.total_time, timedelta()),
            func.coalesce(Attendance.overlap_time, timedelta()),
        )
        .outerjoin(Attendance, and_(Attendance.user_id == User.id, Attendance.date == day))
        .where(
            User.id > after,
            or_(
                and_(User.role == Role.STUDENT.value, User.created_at < ends_at),
                Attendance.user_id.is_not(None),
            ),
        )
        .order_by(User.id)
        .limit(limit)
    )
    return [
        RosterRow(user_id, name, DayRow(day, status, total_time, overlap_time))
        for user_id, name, status, total_time, overlap_time in await session.execute(statement)
    ]

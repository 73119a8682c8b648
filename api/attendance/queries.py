"""Every SQL statement of the slice. The tables belong to others; this slice only selects."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.tables import Attendance, Role, User


class RosterRow(NamedTuple):
    """A student and what the day's row holds, if there is one."""

    user_id: int
    username: str
    status: str | None
    total_time: timedelta | None
    overlap_time: timedelta | None


async def username(session: AsyncSession, user_id: int) -> str | None:
    """Return the name of a user, or None if there is none."""
    return await session.scalar(select(User.username).where(User.id == user_id))


async def on_date(session: AsyncSession, user_id: int, day: date) -> Attendance | None:
    """Return a user's row of a day."""
    return await session.get(Attendance, (user_id, day))


async def history(
    session: AsyncSession,
    user_id: int,
    *,
    first: date | None,
    last: date | None,
    before: date | None,
    limit: int,
) -> Sequence[Attendance]:
    """Return a user's rows, newest first, from the day before `before`."""
    statement = select(Attendance).where(Attendance.user_id == user_id)
    if first is not None:
        statement = statement.where(Attendance.date >= first)
    if last is not None:
        statement = statement.where(Attendance.date <= last)
    if before is not None:
        statement = statement.where(Attendance.date < before)
    return (await session.scalars(statement.order_by(Attendance.date.desc()).limit(limit))).all()


async def roster(
    session: AsyncSession, day: date, *, ends_at: datetime, after: int, limit: int
) -> Sequence[RosterRow]:
    """Return the students that existed on a day, by id from the one after `after`.

    Whoever has a row of that day is among them, also when the account is younger: events may be reported
    days after they happened.
    """
    statement = (
        select(User.id, User.username, Attendance.status, Attendance.total_time, Attendance.overlap_time)
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
    return [RosterRow(*row) for row in await session.execute(statement)]

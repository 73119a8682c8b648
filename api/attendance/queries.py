"""Statements on days of users. The tables belong to others; these only select."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

from sqlalchemy import RowMapping, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from core.attendance.expected import EXPECTED
from core.attendance.rules import Status
from core.attendance.school_days import DAYS, SchoolDays
from core.tables import User


class DayRow(NamedTuple):
    """What is known of a user's day. Where nothing was watched there is no rule that judged it either."""

    user_id: int
    username: str
    date: date
    expected: bool
    computed_status: str
    total_time: timedelta
    overlap_time: timedelta
    rule_id: int | None
    required_seconds: int | None
    was_watched: bool
    correction: str | None
    reason: str | None
    entry_id: int | None
    """The entry of the audit that its correction stands in."""


KNOWN = f"""
SELECT u.id AS user_id, u.username, d.date, {EXPECTED} AS expected,
       a.status, a.total_time, a.overlap_time, a.rule_id, a.required_seconds,
       a.user_id IS NOT NULL AS was_watched, k.status AS correction, k.reason, k.entry_id
FROM users u CROSS JOIN {DAYS}
LEFT JOIN attendance a ON a.user_id = u.id AND a.date = d.date
LEFT JOIN attendance_corrections k ON k.user_id = u.id AND k.date = d.date
"""  # noqa: S608 - nothing but constants
"""Of users `u` on days `d`; it needs a condition on the users and `SchoolDays.columns`."""

_ROSTER = text(f"""
SELECT * FROM ({KNOWN} WHERE u.id > :after) AS known
WHERE expected OR was_watched OR correction IS NOT NULL
ORDER BY user_id LIMIT :limit
""")  # noqa: S608 - likewise

_ROSTER_OF = text(f"{KNOWN} WHERE u.id = ANY(:user_ids) ORDER BY u.id")

_USERS_OF = text("""
SELECT user_id FROM (
    (SELECT user_id FROM attendance WHERE date = :day AND user_id > :after ORDER BY user_id LIMIT :limit)
    UNION
    (SELECT user_id FROM roll WHERE date = :day AND user_id > :after ORDER BY user_id LIMIT :limit)
    UNION
    (SELECT user_id FROM attendance_corrections WHERE date = :day AND user_id > :after
     ORDER BY user_id LIMIT :limit)
) AS known ORDER BY user_id LIMIT :limit
""")

_DAYS_OF = text(f"{KNOWN} WHERE u.id = :user_id ORDER BY d.date DESC")

_DATES_OF = text("""
SELECT date FROM (
    (SELECT date FROM attendance WHERE user_id = :user_id AND date BETWEEN :first AND :last
     ORDER BY date DESC LIMIT :limit)
    UNION
    (SELECT date FROM roll WHERE user_id = :user_id AND date BETWEEN :first AND :last
     ORDER BY date DESC LIMIT :limit)
    UNION
    (SELECT date FROM attendance_corrections WHERE user_id = :user_id AND date BETWEEN :first AND :last
     ORDER BY date DESC LIMIT :limit)
) AS known ORDER BY date DESC LIMIT :limit
""")


async def username(session: AsyncSession, user_id: int) -> str | None:
    """Return the name of a user, or None if there is none."""
    return await session.scalar(select(User.username).where(User.id == user_id))


async def dates_of(
    session: AsyncSession, user_id: int, *, first: date, last: date, limit: int
) -> Sequence[date]:
    """Return the dates of which something is stored of a user, newest first: watched, absent or corrected."""
    asked = {"user_id": user_id, "first": first, "last": last, "limit": limit}
    return (await session.scalars(_DATES_OF, asked)).all()


async def days_of(
    session: AsyncSession, user_id: int, school_days: SchoolDays, dates: Sequence[date]
) -> list[DayRow]:
    """Return a user's days, newest first; none where there is no such user."""
    found = await session.execute(_DAYS_OF, {"user_id": user_id, **school_days.columns(dates)})
    return [_row(row) for row in found.mappings()]


async def roster(
    session: AsyncSession, school_days: SchoolDays, day: date, *, after: int, limit: int
) -> list[DayRow]:
    """Return who was expected on a date, watched or is corrected, by id from the one after `after`.

    The calendar is only asked for an open day with school: of all others it is stored who they are, and to
    ask for each student takes seconds where they are few.
    """
    asked: dict[str, object] = {"after": after, "limit": limit}
    columns, statement = school_days.columns([day]), _ROSTER
    if day in school_days.closed or not school_days.has_school(day):
        asked = {"user_ids": list(await session.scalars(_USERS_OF, {"day": day, **asked}))}
        statement = _ROSTER_OF
    return [_row(row) for row in (await session.execute(statement, {**columns, **asked})).mappings()]


def _row(row: RowMapping) -> DayRow:
    values: dict[str, Any] = dict(row)
    status = values.pop("status")
    for name in ("total_time", "overlap_time"):
        values[name] = values[name] or timedelta()
    return DayRow(computed_status=status or Status.ABSENT, **values)

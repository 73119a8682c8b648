"""Every statement that closes days; `workers.day_close` owns `closed_days` and `roll`."""

from datetime import date, datetime

from sqlalchemy import delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from core.attendance.expected import EXPECTED_BY_CALENDAR
from core.attendance.school_days import DAYS, SchoolDays
from core.locks import AdvisoryLock
from core.roles import Role
from core.tables import ClosedDay, Roll, User

_CALL_ROLL = text(f"""
WITH called AS (
    INSERT INTO roll (user_id, date)
    SELECT u.id, d.date FROM users u CROSS JOIN {DAYS} WHERE {EXPECTED_BY_CALENDAR}
    RETURNING user_id
)
SELECT count(*) FROM called
""")  # noqa: S608 - nothing but constants


async def share_policy_lock(session: AsyncSession) -> None:
    """Keep policy and rules as they are until the transaction ends."""
    await session.execute(text("SELECT pg_advisory_xact_lock_shared(:key)"), {"key": AdvisoryLock.POLICY})


async def first_joined(session: AsyncSession) -> datetime | None:
    """Return when the first student joined; None where there is none yet."""
    return await session.scalar(select(func.min(User.created_at)).where(User.role == Role.STUDENT.value))


async def closed_between(session: AsyncSession, first: date, last: date) -> set[date]:
    """Return the days that are closed of some, both included."""
    statement = select(ClosedDay.date).where(ClosedDay.date.between(first, last))
    return set(await session.scalars(statement))


async def begin(session: AsyncSession, day: date, *, is_school_day: bool) -> bool:
    """Mark a day closed and return True; False where it is. Waits for whoever is closing it."""
    statement = insert(ClosedDay).values(date=day, is_school_day=is_school_day, expected=0)
    marked = await session.scalar(statement.on_conflict_do_nothing().returning(ClosedDay.date))
    return marked is not None


async def call_roll(session: AsyncSession, calendar: SchoolDays, day: date) -> int:
    """Write down whom the calendar names for a day that has no roll, and return how many these are."""
    expected = int((await session.execute(_CALL_ROLL, calendar.columns([day]))).scalar_one())
    await session.execute(update(ClosedDay).where(ClosedDay.date == day).values(expected=expected))
    return expected


async def reopen(session: AsyncSession, day: date) -> None:
    """Forget a day's roll and that it was closed."""
    await session.execute(delete(Roll).where(Roll.date == day))
    await session.execute(delete(ClosedDay).where(ClosedDay.date == day))

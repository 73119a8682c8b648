"""Reading attendance. Raises `core.errors`; writes nothing."""

from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from api.attendance import queries
from api.attendance.schemas import AttendanceDay
from api.formats import duration
from core.calendar import day_start
from core.errors import NotFound
from core.policy import Policy

PAGE_ROWS = 1_000
"""Rows read at a time where all are asked for: no more are ever in memory."""

MAX_ID = 2**63 - 1

NO_SUCH_USER = "there is no such user: GET /attendance/date/{date} lists all students"

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Reader:
    """Attendance as it looks on one local date, under one policy."""

    policy: Policy
    today: date

    async def present_day(self, session: AsyncSession, user_id: int, username: str) -> AttendanceDay:
        """Return a user's day so far: absent before any event."""
        rows = await queries.history(
            session, user_id, first=self.today, last=self.today, before=None, limit=1
        )
        row = rows[0] if rows else queries.DayRow(self.today)
        return self._answer(user_id, username, row)

    async def history(
        self,
        session: AsyncSession,
        user_id: int,
        username: str,
        *,
        first: date | None,
        last: date | None,
        before: date | None,
        limit: int,
    ) -> list[AttendanceDay]:
        """Return a user's stored days, newest first."""
        rows = await queries.history(session, user_id, first=first, last=last, before=before, limit=limit)
        return [self._answer(user_id, username, row) for row in rows]

    async def roster(
        self, session: AsyncSession, day: date, *, after: int, limit: int
    ) -> list[AttendanceDay]:
        """Return every student that existed on a date, by id; nobody yet on one that has not begun."""
        if day > self.today:
            return []
        ends_at = day_start(day + _DAY, self.policy.zone)
        rows = await queries.roster(session, day, ends_at=ends_at, after=after, limit=limit)
        return [self._answer(row.user_id, row.username, row.day) for row in rows]

    def _answer(self, user_id: int, username: str, row: queries.DayRow) -> AttendanceDay:
        return AttendanceDay(
            user_id=user_id,
            username=username,
            date=row.date,
            status=row.status,
            total_time=duration(row.total_time),
            total_seconds=row.total_time.total_seconds(),
            overlap_seconds=row.overlap_time.total_seconds(),
            provisional=row.date >= self.today - timedelta(days=self.policy.late_days),
        )


async def name_of(session: AsyncSession, user_id: int) -> str:
    """Return a user's name.

    Raises:
        NotFound: there is no such user.

    """
    name = await queries.username(session, user_id) if 0 < user_id <= MAX_ID else None
    if name is None:
        raise NotFound(NO_SUCH_USER)
    return name

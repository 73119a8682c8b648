"""Reading attendance. Raises `core.errors`; writes nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from api.attendance import queries
from api.attendance.queries import DayRow
from api.attendance.schemas import AttendanceDay
from api.formats import duration
from core.attendance.assigned import assigned_among
from core.attendance.rule_store import load_rules
from core.attendance.rules import Rules, seen
from core.attendance.school_days import FIRST_DAY, load_school_days
from core.errors import BadRequest, NotFound
from core.policy import Policy

PAGE_ROWS = 1_000
"""Rows read at a time where all are asked for: no more are ever in memory."""

MAX_ID = 2**63 - 1

NO_SUCH_USER = "there is no such user: GET /attendance/date/{date} lists all students"
NO_SUCH_DAY = "a day must be one from 1970 to a year from now"

_DAY = timedelta(days=1)
_AHEAD = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class Reader:
    """Attendance as it looks on one local date, under one policy."""

    policy: Policy
    today: date

    async def day(self, session: AsyncSession, user_id: int, day: date) -> tuple[AttendanceDay, int]:
        """Return a user's day, absent before any event, and the audit's entry its correction stands in, or 0.

        Raises:
            BadRequest: nobody keeps attendance of that day.
            NotFound: there is no such user.

        """
        if not FIRST_DAY <= day <= self.today + _AHEAD:
            raise BadRequest(NO_SUCH_DAY)
        school_days = await load_school_days(session, self.policy.zone, day, day)
        rows = await queries.days_of(session, user_id, school_days, [day])
        if not rows:
            raise NotFound(NO_SUCH_USER)
        (answer,) = await self._answers(session, rows)
        return answer, rows[0].entry_id or 0

    async def days(self, session: AsyncSession, user_id: int, dates: Sequence[date]) -> list[AttendanceDay]:
        """Return each of some days in a row of a user, absent before any event, newest first."""
        if not dates:
            return []
        school_days = await load_school_days(session, self.policy.zone, min(dates), max(dates))
        return await self._answers(session, await queries.days_of(session, user_id, school_days, dates))

    async def history(
        self,
        session: AsyncSession,
        user_id: int,
        *,
        first: date | None,
        last: date | None,
        before: date | None,
        limit: int,
    ) -> list[AttendanceDay]:
        """Return what is stored of a user, absences of closed days included, newest first."""
        until = min(last or date.max, before - _DAY if before and before > date.min else date.max)
        dates = await queries.dates_of(session, user_id, first=first or date.min, last=until, limit=limit)
        if not dates:
            return []
        school_days = await load_school_days(session, self.policy.zone, dates[-1], dates[0])
        return await self._answers(session, await queries.days_of(session, user_id, school_days, dates))

    async def roster(
        self, session: AsyncSession, day: date, *, after: int, limit: int
    ) -> list[AttendanceDay]:
        """Return who was expected on a date, watched or is corrected, by id; nobody on one not begun."""
        if not FIRST_DAY <= day <= self.today:
            return []
        school_days = await load_school_days(session, self.policy.zone, day, day)
        return await self._answers(
            session, await queries.roster(session, school_days, day, after=after, limit=limit)
        )

    def is_provisional(self, day: date) -> bool:
        """Return whether an event of a day may still be accepted."""
        return day >= self.today - timedelta(days=self.policy.late_days)

    async def _answers(self, session: AsyncSession, rows: Sequence[DayRow]) -> list[AttendanceDay]:
        rules = await load_rules(session, self.policy)
        sharing = [
            (row.user_id, row.date)
            for row in rows
            if not row.was_watched and rules.on(row.date).minimum_share is not None
        ]
        assigned = await assigned_among(session, self.policy.zone, sharing)
        return [self._answer(row, rules, assigned.get((row.user_id, row.date), 0)) for row in rows]

    def _answer(self, row: DayRow, rules: Rules, assigned_seconds: int) -> AttendanceDay:
        rule_id, required = row.rule_id, row.required_seconds
        if not row.was_watched:  # nothing is stored: whatever a rule asks for, it was not met
            rule = rules.on(row.date)
            rule_id, required = rule.id, rule.required_seconds(assigned_seconds)
        return AttendanceDay(
            user_id=row.user_id,
            username=row.username,
            date=row.date,
            status=seen(row.computed_status, row.correction, expected=row.expected).value,
            total_time=duration(row.total_time),
            total_seconds=row.total_time.total_seconds(),
            overlap_seconds=row.overlap_time.total_seconds(),
            provisional=self.is_provisional(row.date),
            computed_status=row.computed_status,
            corrected=row.correction is not None,
            reason=row.reason,
            expected=row.expected,
            rule_id=rule_id,
            required_seconds=self.policy.attendance_min_seconds if required is None else required,
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

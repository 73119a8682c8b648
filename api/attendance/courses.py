"""Reading attendance of a course: a row for each registered student and day. Writes nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from api.attendance import course_queries as queries
from api.attendance.course_queries import CourseRow
from api.attendance.course_schemas import CourseDay
from api.attendance.keys import BEFORE_ALL, DayKey
from api.attendance.service import Reader
from api.content import NO_COURSE
from api.formats import duration
from core.attendance.assigned import assigned_among
from core.attendance.rule_store import load_rules
from core.attendance.rules import Rules, Status, judged, seen
from core.attendance.school_days import FIRST_DAY, load_school_days
from core.errors import BadRequest, NotFound

MOST_DAYS = 366
USUAL_DAYS = 31
TOO_LONG = f"ask for at most {MOST_DAYS} days at a time"


def days_asked(first: date | None, last: date | None, today: date) -> list[date]:
    """Return the days that have begun of those asked for; by default a month up to today.

    Raises:
        BadRequest: they are too many.

    """
    until = min(last or today, today)
    if until < FIRST_DAY:
        return []
    begin = max(first or until - timedelta(days=USUAL_DAYS - 1), FIRST_DAY)
    count = (until - begin).days + 1
    if count > MOST_DAYS:
        raise BadRequest(TOO_LONG)
    return [begin + timedelta(days=number) for number in range(count)]


@dataclass(frozen=True, slots=True)
class CourseReader:
    """Attendance of one course on some days, in order of user and date."""

    reader: Reader
    course_id: int
    days: Sequence[date]
    rules: Rules | None = None
    """To judge by; those that are stored where it is None."""

    async def require(self, session: AsyncSession) -> None:
        """Raise NotFound where there is no such course."""
        if not await queries.course_exists(session, self.course_id):
            raise NotFound(NO_COURSE)

    async def rows(self, session: AsyncSession, after: DayKey | None, limit: int) -> list[CourseDay]:
        """Return the next rows; some students at a time, so that no page costs more than it holds."""
        if not self.days:
            return []
        school_days = await load_school_days(session, self.reader.policy.zone, self.days[0], self.days[-1])
        begun = after or BEFORE_ALL
        found: list[CourseRow] = []
        students = limit // len(self.days) + 1
        while len(found) < limit:
            user_ids = await queries.students_from(session, self.course_id, begun.user_id, students)
            if not user_ids:
                break
            found += await queries.course_days(
                session,
                *(self.course_id, school_days, self.days, user_ids),
                after=(begun.user_id, begun.day),
                limit=limit - len(found),
            )
            begun = DayKey(user_ids[-1] + 1, BEFORE_ALL.ordinal)
        return await self._answers(session, found)

    async def rows_of(self, session: AsyncSession, user_ids: Sequence[int]) -> list[CourseDay]:
        """Return all rows of some students."""
        policy = self.reader.policy
        school_days = await load_school_days(session, policy.zone, self.days[0], self.days[-1])
        found = await queries.course_days(
            session,
            *(self.course_id, school_days, self.days, user_ids),
            after=(0, date.min),
            limit=len(user_ids) * len(self.days),
        )
        return await self._answers(session, found)

    async def _answers(self, session: AsyncSession, rows: Sequence[CourseRow]) -> list[CourseDay]:
        policy = self.reader.policy
        rules = self.rules or await load_rules(session, policy, self.course_id)
        sharing = [(row.user_id, row.date) for row in rows if rules.on(row.date).minimum_share is not None]
        assigned = await assigned_among(session, policy.zone, sharing, self.course_id)
        return [self._answer(row, rules, assigned.get((row.user_id, row.date), 0)) for row in rows]

    def _answer(self, row: CourseRow, rules: Rules, assigned_seconds: int) -> CourseDay:
        rule = rules.on(row.date)
        required = rule.required_seconds(assigned_seconds)
        total = row.watched or timedelta()
        computed = Status.ABSENT if row.watched is None else judged(total, required)
        return CourseDay(
            user_id=row.user_id,
            username=row.username,
            date=row.date,
            course_id=self.course_id,
            status=seen(computed, row.correction, expected=row.expected).value,
            total_time=duration(total),
            total_seconds=total.total_seconds(),
            provisional=self.reader.is_provisional(row.date),
            computed_status=computed.value,
            corrected=row.correction is not None,
            reason=row.reason,
            expected=row.expected,
            rule_id=rule.id,
            required_seconds=required,
        )

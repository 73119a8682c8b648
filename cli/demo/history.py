"""Telling the demonstration's past: once, and through the worker that applies all events."""

from datetime import date, datetime, timedelta
from functools import partial

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.attendance import corrections, rules, school_calendar
from api.attendance.calendar_schemas import NewCalendar
from api.attendance.correction_schemas import CorrectionRequest
from api.attendance.etags import Precondition
from api.attendance.rule_schemas import RuleRequest
from api.attendance.service import Reader
from api.auth import service
from cli.demo.accounts import EDITOR, Account
from cli.demo.courses import COURSES
from cli.demo.past import DAYS, HOLIDAY, RULE_FROM, RULE_SECONDS, Lesson, Student, is_there, past
from core.accounts import NO_PASSWORD
from core.attendance.flips import Wanted
from core.calendar import day_start, local_date
from core.clock import Clock, utc_now
from core.database import Sessions
from core.policy import Policy
from core.policy_store import check_policy
from core.roles import Role
from core.tables import AttendanceRule, Course, Registration, User, Video
from workers.day_close.close import close_due
from workers.watch_time.service import WatchTime

_ONE_AT_A_TIME = 0x5EED1
"""Key of the advisory lock under which the past is brought to its end."""

COURSE = COURSES[0]
WATCHERS = ("demo-ada", "demo-ben")
"""Those of the demo accounts that have a past; the others have just arrived."""
CLASSMATES = tuple(
    f"demo-{name}"
    for name in "dana eli finn gaia hugo iris jan kim lou mia nils olga paul rosa".split()  # noqa: SIM905
)
ABSENT = "demo-ben"
ILL = "He was ill; his parents have written."
STRICTER = "Less than eight minutes is no lesson."
NO_SCHOOL = "Founders' day"


def first_instant(policy: Policy, clock: Clock = utc_now) -> datetime:
    """Return when the past begins, in the school's zone; it ends with yesterday."""
    first = local_date(clock(), policy.zone) - timedelta(days=DAYS)
    return day_start(first, policy.zone).astimezone(policy.zone)


async def prepare_past(session: AsyncSession, begins_at: datetime) -> None:
    """Let the course have begun, with its students. Its first day is what says that it has a past to tell.

    Classmates have no password, like whoever comes from a roster.
    """
    course = await _course(session)
    assert course is not None, "it was added in this transaction"
    course.first_day, course.created_at = begins_at.date(), begins_at
    for name in CLASSMATES:
        email = Account(name, "", Role.STUDENT).email
        keys = {"username_key": name, "email_key": email}
        session.add(User(username=name, email=email, **keys, password_hash=NO_PASSWORD, role=Role.STUDENT))
    await session.flush()
    for user in await session.scalars(select(User).where(User.username_key.in_([*WATCHERS, *CLASSMATES]))):
        user.created_at = begins_at
        session.add(Registration(user_id=user.id, course_id=course.id, created_at=begins_at))


async def tell_past(sessions: Sessions, policy: Policy, clock: Clock = utc_now) -> None:
    """Apply what the class has watched, day by day, and close the days; with holiday, correction and rule.

    The rule comes last: where it stands, all has been told. After a crash before it the next run tells all
    again, and what is there already stays as it is.
    """
    async with sessions.begin() as session:
        await check_policy(session, policy)
        course = await _course(session)
        if course is None or course.first_day is None or await _is_told(session, course):
            return
        first, students, lessons = course.first_day, *await _class(session, course)
        await _take_a_holiday(session, first + timedelta(days=HOLIDAY))
    for day, events in past(first, students, lessons, policy.zone):
        evening = partial(day_start, day + timedelta(days=1), policy.zone)
        await WatchTime(sessions, policy, evening).apply(events, awaited=False)
    async for _ in close_due(sessions, policy, clock):
        pass
    async with sessions.begin() as session:
        await session.execute(select(func.pg_advisory_xact_lock(_ONE_AT_A_TIME)))
        if not await _is_told(session, course):
            await _decide(session, Reader(policy, local_date(clock(), policy.zone)), course.id, first)


async def _course(session: AsyncSession) -> Course | None:
    return await session.scalar(select(Course).where(Course.playlist_id == COURSE.playlist_id))


async def _is_told(session: AsyncSession, course: Course) -> bool:
    rule = select(AttendanceRule.id).where(AttendanceRule.course_id == course.id).limit(1)
    return await session.scalar(rule) is not None


async def _class(session: AsyncSession, course: Course) -> tuple[list[Student], list[Lesson]]:
    places = select(User.id, User.username).join(Registration, Registration.user_id == User.id)
    students = await session.execute(
        places.where(Registration.course_id == course.id, User.username.in_([*WATCHERS, *CLASSMATES]))
    )
    lessons = await session.execute(
        select(Video.id, Video.duration_seconds).where(Video.course_id == course.id).order_by(Video.position)
    )
    return [Student(*row) for row in students], [Lesson(row.id, row.duration_seconds or 0) for row in lessons]


async def _take_a_holiday(session: AsyncSession, day: date) -> None:
    """Add one to a calendar that nobody has set."""
    known, version = await school_calendar.read(session)
    if version == 0:
        holiday = {"date": str(day), "name": NO_SCHOOL}
        asked = NewCalendar.model_validate({"weekdays": known.weekdays, "holidays": [holiday]})
        await school_calendar.write(session, asked, Precondition())


async def _decide(session: AsyncSession, reader: Reader, course_id: int, first: date) -> None:
    """Excuse somebody for a day, and ask for more than the school does."""
    admin, absent = [await service.find(session, name) for name in (EDITOR, ABSENT)]
    missed = [number for number in range(DAYS) if not is_there(ABSENT, number, _day(first, number))]
    if admin is not None and absent is not None:
        day = _day(first, next(number for number in missed if number != HOLIDAY))
        asked = CorrectionRequest(status="excused", reason=ILL)
        await corrections.correct(
            session, reader, absent.id, day, asked, by=admin.id, precondition=Precondition()
        )
    stricter = RuleRequest.model_validate(
        {
            "effective_from": str(_day(first, RULE_FROM)),
            "minimum_seconds": RULE_SECONDS,
            "course_id": course_id,
            "reason": STRICTER,
        }
    )
    by = None if admin is None else admin.id
    await rules.apply(session, reader, stricter, Wanted(1), by=by, most_rows=None)


def _day(first: date, number: int) -> date:
    return first + timedelta(days=number)

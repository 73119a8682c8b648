"""Reading and setting the school's calendar. Days that are closed stay as they were. Commits nothing."""

from typing import NamedTuple

from sqlalchemy.ext.asyncio import AsyncSession

from api.attendance import calendar_queries as queries
from api.attendance.calendar_schemas import CalendarAnswer, HolidayAnswer, NewCalendar
from api.attendance.etags import STALE, Precondition
from core.attendance.school_days import EVERY_WEEKDAY
from core.errors import BadRequest, PreconditionFailed

MAX_NAME = 200
NO_NAME = f"the name of a holiday must have 1 to {MAX_NAME} characters"
TWICE = "each date may be a holiday once, each weekday be named once"


class Version(NamedTuple):
    """The calendar, and how often it was set."""

    calendar: CalendarAnswer
    number: int


async def read(session: AsyncSession) -> Version:
    """Return the calendar: school on all weekdays before it was ever set."""
    stored = await queries.stored(session)
    found = [HolidayAnswer.model_validate(one) for one in await queries.holidays(session)]
    weekdays = list(EVERY_WEEKDAY) if stored is None else stored.weekdays
    return Version(CalendarAnswer(weekdays=weekdays, holidays=found), stored.version if stored else 0)


async def write(session: AsyncSession, asked: NewCalendar, precondition: Precondition) -> Version:
    """Set the calendar.

    Raises:
        BadRequest: a name is none, or something is named twice.
        PreconditionFailed: the write was meant for another version.

    """
    names = {holiday.date: _name(holiday.name) for holiday in asked.holidays}
    weekdays = sorted(set(asked.weekdays))
    if len(names) < len(asked.holidays) or len(weekdays) < len(asked.weekdays):
        raise BadRequest(TWICE)
    stored = await queries.stored(session, to_change=True)
    version = stored.version if stored else 0
    precondition.require(version)
    if not await queries.put(session, weekdays, names, version=version + 1):
        raise PreconditionFailed(STALE)
    return await read(session)


def _name(text: str) -> str:
    name = text.strip()
    if not 0 < len(name) <= MAX_NAME:
        raise BadRequest(NO_NAME)
    return name

"""`/manage/calendar`: on which days there is school, changed piece by piece.

The calendar is one document; each form names the version that it was shown with, and changes no other one.
"""

from collections.abc import Callable

from starlette.responses import Response

from api.attendance import school_calendar
from api.attendance.calendar_schemas import MOST_HOLIDAYS, CalendarAnswer, HolidayAnswer, NewCalendar
from api.attendance.reading import ReaderPart
from api.attendance.service import Reader
from api.paging import Day
from core.attendance.school_days import EVERY_WEEKDAY
from core.errors import BadRequest, EduTrackError
from web.doors import Admin, Form, SentForm, Visit
from web.inputs import BadInput, read, version_of
from web.manage import queries
from web.manage.stretches import NewStretch, Removal, stretches
from web.pages import go_to, page, page_router

router = page_router("/manage/calendar")

WEEKDAYS = {str(number) for number in EVERY_WEEKDAY}

TOO_MANY = (
    f"a calendar has at most {MOST_HOLIDAYS:,} holidays: remove some that are long over, then add these"
)

Change = Callable[[CalendarAnswer], CalendarAnswer]


@router.get("")
async def show(visit: Admin, reader: ReaderPart, done: str = "") -> Response:
    return await _page(visit, reader, done=done)


@router.post("/weekdays")
async def set_weekdays(visit: Admin, reader: ReaderPart, form: SentForm) -> Response:
    weekdays = [int(text) for text in form.all("weekday") if text in WEEKDAYS]
    return await _change(
        visit, reader, form, lambda known: known.model_copy(update={"weekdays": weekdays}), "weekdays"
    )


@router.post("/holidays")
async def add_holiday(visit: Admin, reader: ReaderPart, form: SentForm) -> Response:
    def added(known: CalendarAnswer) -> CalendarAnswer:
        asked = read(NewStretch, form.typed)
        there = {one.date for one in known.holidays}
        new = [HolidayAnswer(date=day, name=asked.name) for day in asked.days() if day not in there]
        if not new:
            raise BadInput({"date": "there is no school then already: see the holidays below"})
        return known.model_copy(update={"holidays": [*known.holidays, *new]})

    return await _change(visit, reader, form, added, "added")


@router.post("/holidays/{date}/remove")
async def remove_holiday(visit: Admin, reader: ReaderPart, date: Day, form: SentForm) -> Response:
    """Remove a day, or all from it to `until`."""

    def removed(known: CalendarAnswer) -> CalendarAnswer:
        until = read(Removal, form.typed).until or date
        kept = [one for one in known.holidays if not date <= one.date <= until]
        return known.model_copy(update={"holidays": kept})

    return await _change(visit, reader, form, removed, "removed")


async def _change(visit: Visit, reader: Reader, form: Form, change: Change, done: str) -> Response:
    """Store the calendar with a change, if it is still the one that was shown."""
    version = version_of(form["version"])
    try:
        async with visit.transaction() as session:
            known, _ = await school_calendar.read(session)
            changed = change(known)
            if len(changed.holidays) > MOST_HOLIDAYS:
                raise BadRequest(TOO_MANY)
            asked = NewCalendar.model_validate(changed.model_dump(mode="json"))
            await school_calendar.write(session, asked, version)
    except EduTrackError as error:
        return await _page(visit, reader, error=error, form=form)
    return go_to(visit, f"/manage/calendar?done={done}")


async def _page(
    visit: Visit,
    reader: Reader,
    *,
    done: str = "",
    error: EduTrackError | None = None,
    form: Form | None = None,
) -> Response:
    async with visit.transaction() as session:
        calendar, version = await school_calendar.read(session)
        courses = await queries.open_courses(session)
    return page(
        visit,
        "manage/calendar.html",
        error=error,
        typed=form.typed if form else {},
        weekdays=form.all("weekday") if form and "weekday" in form.typed else map(str, calendar.weekdays),
        stretches=stretches(calendar.holidays),
        version=version,
        courses=courses,
        today=reader.today,
        done=done,
    )

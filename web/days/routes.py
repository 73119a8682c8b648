"""`/my-attendance`: a student's own days, and why each is what it is."""

from starlette.responses import Response

from api.attendance import explain_service
from api.attendance.explain_queries import at_one_moment
from api.attendance.explain_service import MOST_EVENTS
from api.attendance.reading import ReaderPart
from api.paging import Day
from core.attendance.rule_store import load_rules
from web.days.courses import in_courses, rules_of_courses
from web.days.line import DayLine
from web.days.month import Month, MonthTotals
from web.doors import Student
from web.pages import page, page_router

router = page_router("/my-attendance")


@router.get("")
async def calendar(visit: Student, reader: ReaderPart, month: str = "") -> Response:
    shown = Month.of(month, reader.today)
    async with visit.transaction() as session:
        days = await reader.days(session, visit.user.id, shown.days_until(reader.today))
        rules = await load_rules(session, reader.policy)
        courses = await rules_of_courses(session, reader, visit.user.id, shown.first, shown.last)
    by_date = {day.date: day for day in days}
    return page(
        visit,
        "days/month.html",
        month=shown,
        days=by_date,
        totals=MonthTotals.of(by_date, reader.today),
        today=reader.today,
        rules=rules.between(shown.first, shown.last),
        courses=courses,
    )


@router.get("/{date}")
async def why(visit: Student, date: Day, reader: ReaderPart) -> Response:
    async with visit.transaction() as session:
        await at_one_moment(session)
        day = await explain_service.explain(session, reader, visit.user.id, date, most=MOST_EVENTS)
        courses = await in_courses(session, reader, visit.user.id, date)
    return page(
        visit,
        "days/day.html",
        day=day,
        courses=courses,
        today=reader.today,
        line=DayLine.of(date, reader.policy.zone, day.spans),
        month=Month(date.replace(day=1)),
    )

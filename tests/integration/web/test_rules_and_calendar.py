"""Rules and calendar on pages: seen before they are applied, refused where somebody else was quicker."""

from datetime import date, timedelta

from sqlalchemy import select

from api.attendance.calendar_schemas import MOST_HOLIDAYS
from core.clock import utc_now
from core.database import Sessions
from core.tables import Attendance, AttendanceRule, Course, Holiday, StoredCalendar
from tests.integration.web.conftest import Browser

RULE = {"effective_from": "2026-11-01", "minimum_seconds": "300", "reason": "Decided by the board."}


async def test_a_rule_shows_whom_it_would_turn_before_it_does(
    grace: Browser, sessions: Sessions, people: dict[str, int]
) -> None:
    async with sessions.begin() as session:
        day = {"date": date(2026, 11, 2), "total_time": timedelta(minutes=4), "overlap_time": timedelta()}
        session.add(Attendance(user_id=people["ada"], status="present", required_seconds=30, **day))
    await grace.open("/manage/rules")
    refused = await grace.send("/manage/rules", **{**RULE, "minimum_seconds": "", "percent": "much"})
    assert refused.status_code == 400
    assert "such as 60" in refused.text
    assert 'value="Decided by the board."' in refused.text
    assert "1 in all" in (await grace.send("/manage/rules", **RULE)).text
    async with sessions.begin() as session:
        assert (await session.scalars(select(AttendanceRule))).all() == []

    applied = await grace.send("/manage/rules", **RULE, sure="yes")
    assert applied.headers["location"] == "/manage/rules?done=applied"
    async with sessions.begin() as session:
        rule = (await session.scalars(select(AttendanceRule))).one()
        assert (await session.scalars(select(Attendance.status))).all() == ["absent"]
    assert (rule.minimum_seconds, rule.created_by) == (300, people["grace"])
    assert "Decided by the board." in (await grace.open("/manage/rules")).text


async def test_a_course_asks_for_a_share_in_percent(grace: Browser, sessions: Sessions) -> None:
    async with sessions.begin() as session:
        session.add(Course(course_title="Optics"))
    await grace.open("/manage/rules")
    share = {"effective_from": "2026-11-01", "percent": "62.5", "course_id": "1", "sure": "yes"}
    assert (await grace.send("/manage/rules", **share)).status_code == 303
    assert "62.5 %" in (await grace.open("/manage/rules")).text


async def test_holidays_come_and_go_and_weekdays_change(grace: Browser, sessions: Sessions) -> None:
    holiday = {"date": str(utc_now().date() + timedelta(days=30)), "name": "Founders' day"}
    await grace.open("/manage/calendar")
    refused = await grace.send("/manage/calendar/holidays", **holiday | {"date": "soon"}, version="0")
    assert refused.status_code == 400
    assert 'value="Founders&#39; day"' in refused.text
    assert (await grace.send("/manage/calendar/holidays", **holiday, version="0")).status_code == 303
    await grace.open("/manage/calendar")
    stale = await grace.send("/manage/calendar/weekdays", weekday="1", version="0")
    assert stale.status_code == 412
    assert (await grace.send("/manage/calendar/weekdays", weekday="1", version="1")).status_code == 303
    async with sessions.begin() as session:
        assert (await session.scalars(select(StoredCalendar.weekdays))).all() == [[1]]
        assert (await session.scalars(select(Holiday.name))).all() == ["Founders' day"]
    await grace.open("/manage/calendar")
    await grace.send(f"/manage/calendar/holidays/{holiday['date']}/remove", version="2")
    async with sessions.begin() as session:
        assert (await session.scalars(select(Holiday))).all() == []


async def test_two_weeks_of_holidays_are_one_form_and_days_of_them_are_given_back(
    grace: Browser, sessions: Sessions
) -> None:
    await grace.open("/manage/calendar")
    add = "/manage/calendar/holidays"
    await grace.send(add, date="2026-12-25", name="Christmas", version="0")
    weeks = {"date": "2026-12-21", "last": "2027-01-03", "name": "Winter"}
    assert (await grace.send(add, **weeks, version="1")).status_code == 303
    again = await grace.send(add, **weeks, version="2")
    assert (again.status_code, "no school then already" in again.text) == (400, True)
    backwards = await grace.send(add, **weeks | {"last": "2026-12-01"}, version="2")
    assert (backwards.status_code, 'value="2026-12-01"' in backwards.text) == (400, True)
    async with sessions.begin() as session:
        names = (await session.scalars(select(Holiday.name).order_by(Holiday.date))).all()
    assert names == ["Winter"] * 4 + ["Christmas"] + ["Winter"] * 9
    await grace.send(f"{add}/2026-12-22/remove", version="2")
    await grace.send(f"{add}/2026-12-26/remove", until="2027-01-03", version="3")
    async with sessions.begin() as session:
        days = (await session.scalars(select(Holiday.date).order_by(Holiday.date))).all()
    assert [day.day for day in days] == [21, 23, 24, 25]


async def test_a_holiday_beyond_the_last_that_fits_is_refused_and_kept_as_typed(
    grace: Browser, sessions: Sessions
) -> None:
    async with sessions.begin() as session:
        first = date(2027, 1, 1)
        session.add_all(Holiday(date=first + timedelta(days=n), name="-") for n in range(MOST_HOLIDAYS))
    await grace.open("/manage/rules")
    refused = await grace.send("/manage/calendar/holidays", date="2026-12-25", name="Christmas", version="0")
    assert (refused.status_code, "at most 5,000" in refused.text) == (400, True)
    assert 'value="Christmas"' in refused.text
    last = str(first + timedelta(days=MOST_HOLIDAYS - 1))
    removed = await grace.send(f"/manage/calendar/holidays/{first}/remove", until=last, version="0")
    assert removed.status_code == 303


async def test_a_course_is_given_its_days_and_loses_them(grace: Browser, sessions: Sessions) -> None:
    async with sessions.begin() as session:
        session.add(Course(course_title="Optics"))
    await grace.open("/manage/courses/1")
    course = {"course_title": "Optics", "link": "", "first_day": "2026-09-01", "last_day": "2026-08-01"}
    refused = await grace.send("/manage/courses/1", **course)
    assert "must not be before" in refused.text
    assert 'value="2026-08-01"' in refused.text
    await grace.send("/manage/courses/1", **course | {"last_day": ""})
    async with sessions.begin() as session:
        row = (await session.scalars(select(Course))).one()
    assert (row.first_day, row.last_day) == (date(2026, 9, 1), None)

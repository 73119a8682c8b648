"""`/reports/students`: one student's days, each explained, and corrected where an admin knows better."""

from datetime import date as Date  # noqa: N812 - a parameter is called `date` itself
from typing import Annotated

from fastapi import Query
from starlette.responses import Response

from api.attendance import corrections, explain_service
from api.attendance.correction_schemas import CorrectionRequest
from api.attendance.courses import days_asked
from api.attendance.explain_queries import at_one_moment
from api.attendance.explain_service import MOST_EVENTS
from api.attendance.reading import ReaderPart
from api.attendance.service import Reader, name_of
from api.deps import PathId
from api.paging import Day, DaysQuery
from core.errors import EduTrackError
from web.days.courses import in_courses
from web.days.line import DayLine
from web.doors import Admin, Form, SentForm, Visit
from web.inputs import read, version_of
from web.pages import go_to, page, page_router

router = page_router("/reports/students")

Shown = Annotated[int | None, Query(description="The course in whose table the day was opened")]


@router.get("/{user_id}")
async def student(visit: Admin, user_id: PathId, reader: ReaderPart, asked: DaysQuery) -> Response:
    dates = days_asked(asked.first, asked.last, reader.today)
    async with visit.transaction() as session:
        username = await name_of(session, user_id)
        days = await reader.days(session, user_id, dates)
    return page(
        visit,
        "reports/student.html",
        user_id=user_id,
        username=username,
        days=days,
        today=reader.today,
        first=dates[0] if dates else reader.today,
        last=dates[-1] if dates else reader.today,
    )


@router.get("/{user_id}/{date}")
async def day(
    visit: Admin, user_id: PathId, date: Day, reader: ReaderPart, course: Shown = None, done: str = ""
) -> Response:
    return await _day(visit, user_id, date, reader, course=course, done=done)


@router.post("/{user_id}/{date}")
async def correct(
    visit: Admin, user_id: PathId, date: Day, reader: ReaderPart, form: SentForm, course: Shown = None
) -> Response:
    """Correct a day, or withdraw what was corrected; not where somebody else did meanwhile."""
    version = version_of(form["version"])
    by = visit.user.id
    try:
        async with visit.transaction() as session:
            if form["action"] == "withdraw":
                reason = form["reason"] or None
                await corrections.withdraw(
                    session, reader, user_id, date, reason, by=by, precondition=version
                )
            else:
                asked = read(CorrectionRequest, form.typed)
                await corrections.correct(session, reader, user_id, date, asked, by=by, precondition=version)
    except EduTrackError as error:
        return await _day(visit, user_id, date, reader, course=course, error=error, form=form)
    if visit.wants_part:
        return await _day(visit, user_id, date, reader, course=course, done=form["action"] or "correct")
    return go_to(visit, f"/reports/students/{user_id}/{date}?done={form['action'] or 'correct'}")


async def _day(
    visit: Visit,
    user_id: int,
    date: Date,
    reader: Reader,
    *,
    course: int | None,
    done: str = "",
    error: EduTrackError | None = None,
    form: Form | None = None,
) -> Response:
    async with visit.transaction() as session:
        await at_one_moment(session)
        explained = await explain_service.explain(session, reader, user_id, date, most=MOST_EVENTS)
        _, version = await reader.day(session, user_id, date)
        courses = await in_courses(session, reader, user_id, date)
    in_course = next((one.day for one in courses if one.day.course_id == course), None)
    return page(
        visit,
        "reports/day_part.html" if visit.wants_part else "reports/day.html",
        error=error,
        typed=form.typed if form else {},
        day=explained,
        courses=courses,
        course=course,
        cell=explained if course is None else in_course,
        today=reader.today,
        line=DayLine.of(date, reader.policy.zone, explained.spans),
        version=version,
        done=done,
    )

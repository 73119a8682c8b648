"""`/attendance/course/{course_id}`: how the students of a course did in it, day by day."""

from typing import Any

from fastapi import APIRouter

from api.attendance.course_schemas import CourseDay
from api.attendance.courses import TOO_LONG, CourseReader, days_asked
from api.attendance.keys import day_key, key_after
from api.attendance.listing import Listing, listed
from api.attendance.negotiation import FormQuery
from api.attendance.reading import ReaderPart
from api.content import NO_COURSE
from api.deps import Admin, AppState, PathId, Session
from api.openapi import refusals
from api.paging import DaysQuery, PageQuery
from core.errors import BadRequest, NotFound

router = APIRouter(prefix="/attendance/course/{course_id}", tags=["attendance"])


@router.get(
    "",
    response_model=list[CourseDay],
    responses={**listed(CourseDay), **refusals((NotFound, NO_COURSE), (BadRequest, TOO_LONG))},
    summary="A course's students, day by day",
)
async def of_course(
    _: Admin,
    course_id: PathId,
    session: Session,
    state: AppState,
    reader: ReaderPart,
    days: DaysQuery,
    page: PageQuery,
    form: FormQuery,
) -> Any:
    """One row for each registered student and day on which the course expected or saw the student.

    By user and date; a month up to today unless dates are given.
    """
    course = CourseReader(reader, course_id, days_asked(days.first, days.last, reader.today))
    await course.require(session)
    listing = Listing(CourseDay, course.rows, lambda row: day_key(row.user_id, row.date))
    return await listing.answer(session, state, page, key_after(page), form)

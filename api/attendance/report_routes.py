"""Reports: students by days, and a course in one row a student."""

from enum import StrEnum
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BeforeValidator

from api.attendance.courses import TOO_LONG, CourseReader, days_asked
from api.attendance.listing import Listing, files, listed
from api.attendance.negotiation import Form, FormQuery
from api.attendance.reading import ReaderPart
from api.attendance.report_schemas import Matrix, Summary
from api.attendance.reports import MatrixReader, SummaryReader, matrix_listing
from api.content import NO_COURSE
from api.deps import Admin, AppState, PathId, Session, plain_number
from api.openapi import refusals
from api.paging import LINK_HEADER, DaysQuery, PageQuery
from core.errors import BadRequest, NotFound
from core.security import MAX_ID

router = APIRouter(prefix="/attendance", tags=["attendance"])

MOST_STUDENTS = 200
"""Read at a time where all are asked for."""

_REFUSED = refusals((NotFound, NO_COURSE), (BadRequest, TOO_LONG))
_EXAMPLE = "user_id,username,present,absent,excused,rate,total_time,total_seconds,2026-11-23\r\n"


class Cells(StrEnum):
    """What a file's cells say of a day."""

    STATUS = "status"
    SECONDS = "seconds"


@router.get(
    "/report",
    response_model=Matrix,
    responses={200: {"headers": LINK_HEADER, "content": files(_EXAMPLE)}, **_REFUSED},
    summary="Students by days, of the school or of a course",
)
async def report(
    _: Admin,
    session: Session,
    state: AppState,
    reader: ReaderPart,
    days: DaysQuery,
    page: PageQuery,
    form: FormQuery,
    course_id: Annotated[
        int | None, Query(ge=1, le=MAX_ID, description="Of one course"), BeforeValidator(plain_number)
    ] = None,
    cells: Annotated[Cells, Query(description="What files show; JSON has both")] = Cells.STATUS,
) -> Any:
    """A month up to today unless dates are given; totals are over these days. By id, in pages of students.

    A workbook's bytes come when its last row is known, minutes later for a large school; CSV flows at once.
    """
    asked = days_asked(days.first, days.last, reader.today)
    if course_id is not None:
        await CourseReader(reader, course_id, asked).require(session)
    listing = matrix_listing(MatrixReader(reader, asked, course_id), in_seconds=cells is Cells.SECONDS)
    if form is Form.JSON:
        return Matrix(days=asked, students=await listing.page(session, page, page.after_id()))
    return await listing.answer(session, state, page, page.after_id(), form)


@router.get(
    "/course/{course_id}/summary",
    response_model=list[Summary],
    responses={**listed(Summary), **_REFUSED},
    summary="A course in one row a student",
)
async def summary(
    _: Admin,
    course_id: PathId,
    session: Session,
    state: AppState,
    reader: ReaderPart,
    days: DaysQuery,
    page: PageQuery,
    form: FormQuery,
) -> Any:
    """Days and watch time are those of the dates asked for, a month up to today unless given.

    What was seen of the course's videos at least once is counted from their beginning.
    """
    asked = days_asked(days.first, days.last, reader.today)
    await CourseReader(reader, course_id, asked).require(session)
    rows = SummaryReader(MatrixReader(reader, asked, course_id), course_id).rows
    listing = Listing(Summary, rows, lambda row: row.user_id, at_a_time=MOST_STUDENTS)
    return await listing.answer(session, state, page, page.after_id(), form)

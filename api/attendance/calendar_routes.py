"""`/attendance/calendar`: on which days there is school."""

from fastapi import APIRouter, Response

from api.attendance import school_calendar
from api.attendance.calendar_schemas import CalendarAnswer, NewCalendar
from api.attendance.etags import ETAG_HEADER, STALE, PreconditionPart, etag
from api.deps import NO_TEXT, Admin, Session
from api.openapi import refusals
from api.paging import MALFORMED_DATE
from core.errors import BadRequest, PreconditionFailed

router = APIRouter(prefix="/attendance/calendar", tags=["attendance"])


@router.get("", summary="On which days there is school", responses={200: {"headers": ETAG_HEADER}})
async def read(_: Admin, session: Session, response: Response) -> CalendarAnswer:
    """Courses have first and last days of their own: `PATCH /courses/{id}`."""
    calendar, version = await school_calendar.read(session)
    response.headers["ETag"] = etag(version)
    return calendar


@router.put(
    "",
    summary="Say on which days there is school",
    responses={
        200: {"headers": ETAG_HEADER},
        **refusals(
            *((BadRequest, detail) for detail in (NO_TEXT, MALFORMED_DATE)),
            *((BadRequest, detail) for detail in (school_calendar.NO_NAME, school_calendar.TWICE)),
            (PreconditionFailed, STALE),
        ),
    },
)
async def write(
    _: Admin, asked: NewCalendar, session: Session, precondition: PreconditionPart, response: Response
) -> CalendarAnswer:
    """As a whole. Days that are closed keep what they were; `edutrack close-day --date` closes one anew."""
    calendar, version = await school_calendar.write(session, asked, precondition)
    response.headers["ETag"] = etag(version)
    return calendar

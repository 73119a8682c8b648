"""`/attendance/user/{user_id}/{date}`: one day of somebody's, what an admin says of it, and who said what."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from api.attendance import correction_queries, corrections
from api.attendance.correction_schemas import Change, CorrectionRequest
from api.attendance.corrections import NO_CORRECTION
from api.attendance.etags import ETAG_HEADER, STALE, PreconditionPart, etag
from api.attendance.reading import ReaderPart
from api.attendance.reasons import NO_REASON
from api.attendance.schemas import AttendanceDay
from api.attendance.service import NO_SUCH_DAY, NO_SUCH_USER, name_of
from api.deps import NO_TEXT, Admin, PathId, Session, Text
from api.openapi import refusals
from api.paging import LINK_HEADER, Day, PageQuery
from core.errors import BadRequest, NotFound, PreconditionFailed

router = APIRouter(prefix="/attendance/user/{user_id}/{date}", tags=["attendance"])

_OF_A_DAY = ((BadRequest, NO_SUCH_DAY), (NotFound, NO_SUCH_USER))
_OF_A_CHANGE = (*_OF_A_DAY, (BadRequest, NO_TEXT), (BadRequest, NO_REASON), (PreconditionFailed, STALE))


@router.get(
    "",
    summary="One day of somebody's",
    responses={200: {"headers": ETAG_HEADER}, **refusals(*_OF_A_DAY)},
)
async def one(
    _: Admin, user_id: PathId, date: Day, session: Session, reader: ReaderPart, response: Response
) -> AttendanceDay:
    """Its ETag is that of the correction: it changes with what admins say, not with what is watched."""
    day, version = await reader.day(session, user_id, date)
    response.headers["ETag"] = etag(version)
    return day


@router.put(
    "",
    summary="Correct a day",
    responses={200: {"headers": ETAG_HEADER}, **refusals(*_OF_A_CHANGE)},
)
async def correct(
    admin: Admin,
    user_id: PathId,
    date: Day,
    asked: CorrectionRequest,
    session: Session,
    reader: ReaderPart,
    precondition: PreconditionPart,
    response: Response,
) -> AttendanceDay:
    """It holds whatever is computed or watched later, which shows beside it, until it is withdrawn."""
    day, version = await corrections.correct(
        session, reader, user_id, date, asked, by=admin.user_id, precondition=precondition
    )
    response.headers["ETag"] = etag(version)
    return day


@router.delete(
    "",
    summary="Withdraw a correction",
    responses={200: {"headers": ETAG_HEADER}, **refusals(*_OF_A_CHANGE, (NotFound, NO_CORRECTION))},
)
async def withdraw(
    admin: Admin,
    user_id: PathId,
    date: Day,
    session: Session,
    reader: ReaderPart,
    precondition: PreconditionPart,
    response: Response,
    reason: Annotated[Text | None, Query(description="Why, for the trail")] = None,
) -> AttendanceDay:
    """What is computed counts again."""
    day, version = await corrections.withdraw(
        session, reader, user_id, date, reason, by=admin.user_id, precondition=precondition
    )
    response.headers["ETag"] = etag(version)
    return day


@router.get(
    "/history",
    summary="Who corrected a day, when, from what to what, and why",
    responses={200: {"headers": LINK_HEADER}, **refusals((NotFound, NO_SUCH_USER))},
)
async def history(_: Admin, user_id: PathId, date: Day, session: Session, page: PageQuery) -> list[Change]:
    """Oldest first. Nothing is ever taken out of it."""
    await name_of(session, user_id)
    found = await correction_queries.trail(session, user_id, date, after=page.after_id(), limit=page.rows)
    return [Change.model_validate(row) for row in page.cut(found, lambda row: row.id)]

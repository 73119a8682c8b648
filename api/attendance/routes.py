"""Attendance: one's own, and for admins everybody's."""

from collections.abc import Awaitable
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from sqlalchemy.ext.asyncio import AsyncSession

from api.attendance import csv
from api.attendance.listing import MEDIA_TYPE, Listing, Rows
from api.attendance.schemas import AttendanceDay
from api.attendance.service import NO_SUCH_USER, Reader, name_of
from api.deps import Admin, AppState, CurrentUser, PathId, Session
from api.openapi import refusals
from api.paging import LINK_HEADER, Day, Days, DaysQuery, PageQuery
from core.calendar import local_date
from core.errors import NotFound

router = APIRouter(prefix="/attendance", tags=["attendance"])

_LISTED: dict[int | str, dict[str, Any]] = {
    200: {
        "headers": LINK_HEADER,
        "content": {MEDIA_TYPE: {"schema": {"type": "string"}, "example": csv.header()}},
    }
}


async def _reader(state: AppState) -> Reader:
    return Reader(state.policy, local_date(state.clock(), state.policy.zone))


ReaderPart = Annotated[Reader, Depends(_reader)]


@router.get("/today", summary="One's own day so far")
async def today(user: CurrentUser, session: Session, reader: ReaderPart) -> AttendanceDay:
    """Absent and `00:00:00` before any event."""
    return await reader.present_day(session, user.user_id, user.username)


@router.get(
    "/me", response_model=list[AttendanceDay], responses=_LISTED, summary="One's own days, newest first"
)
async def mine(
    user: CurrentUser, session: Session, state: AppState, reader: ReaderPart, days: DaysQuery, page: PageQuery
) -> Any:
    listing = _history(reader, user.user_id, user.username, days)
    return await listing.answer(session, state, page, page.after_day())


@router.get(
    "/user/{user_id}",
    response_model=list[AttendanceDay],
    responses={**_LISTED, **refusals((NotFound, NO_SUCH_USER))},
    summary="Somebody's days, newest first",
)
async def of_user(
    _: Admin,
    user_id: PathId,
    session: Session,
    state: AppState,
    reader: ReaderPart,
    days: DaysQuery,
    page: PageQuery,
) -> Any:
    listing = _history(reader, user_id, await name_of(session, user_id), days)
    return await listing.answer(session, state, page, page.after_day())


@router.get(
    "/date/{date}",
    response_model=list[AttendanceDay],
    responses=_LISTED,
    summary="Every student that existed on a date, absent ones included",
)
async def on_date(
    _: Admin, date: Day, session: Session, state: AppState, reader: ReaderPart, page: PageQuery
) -> Any:
    def read(session: AsyncSession, after: int | None, limit: int) -> Awaitable[Rows]:
        return reader.roster(session, date, after=after or 0, limit=limit)

    listing = Listing(read, lambda row: row.user_id)
    return await listing.answer(session, state, page, page.after_id())


def _history(reader: Reader, user_id: int, username: str, days: Days) -> Listing[date]:
    def read(session: AsyncSession, before: date | None, limit: int) -> Awaitable[Rows]:
        return reader.history(
            session, user_id, username, first=days.first, last=days.last, before=before, limit=limit
        )

    return Listing(read, lambda row: row.date)

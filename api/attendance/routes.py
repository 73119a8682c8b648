"""Attendance: one's own, and for admins everybody's."""

from collections.abc import Awaitable, Sequence
from datetime import date
from typing import Any

from fastapi import APIRouter
from sqlalchemy.ext.asyncio import AsyncSession

from api.attendance.listing import Listing, listed
from api.attendance.negotiation import FormQuery
from api.attendance.reading import ReaderPart
from api.attendance.schemas import AttendanceDay
from api.attendance.service import NO_SUCH_USER, Reader, name_of
from api.deps import DISABLED, ActiveUser, Admin, AppState, PathId, Session
from api.openapi import refusals
from api.paging import Day, Days, DaysQuery, PageQuery
from core.errors import NotFound, Unauthenticated

router = APIRouter(prefix="/attendance", tags=["attendance"])

_LISTED = listed(AttendanceDay)
_OWN = refusals((Unauthenticated, DISABLED))


@router.get("/today", responses=_OWN, summary="One's own day so far")
async def today(user: ActiveUser, session: Session, reader: ReaderPart) -> AttendanceDay:
    """Absent and `00:00:00` before any event."""
    day, _ = await reader.day(session, user.user_id, reader.today)
    return day


@router.get(
    "/me",
    response_model=list[AttendanceDay],
    responses={**_LISTED, **_OWN},
    summary="One's own days, newest first",
)
async def mine(
    user: ActiveUser,
    session: Session,
    state: AppState,
    reader: ReaderPart,
    days: DaysQuery,
    page: PageQuery,
    form: FormQuery,
) -> Any:
    listing = _history(reader, user.user_id, days)
    return await listing.answer(session, state, page, page.after_day(), form)


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
    form: FormQuery,
) -> Any:
    await name_of(session, user_id)
    listing = _history(reader, user_id, days)
    return await listing.answer(session, state, page, page.after_day(), form)


@router.get(
    "/date/{date}",
    response_model=list[AttendanceDay],
    responses=_LISTED,
    summary="Every student of a date, absent ones included",
)
async def on_date(
    _: Admin,
    date: Day,
    session: Session,
    state: AppState,
    reader: ReaderPart,
    page: PageQuery,
    form: FormQuery,
) -> Any:
    """Who was expected, whoever watched anything, and whose day is corrected; by id."""

    def read(session: AsyncSession, after: int | None, limit: int) -> Awaitable[Sequence[AttendanceDay]]:
        return reader.roster(session, date, after=after or 0, limit=limit)

    listing = Listing(AttendanceDay, read, lambda row: row.user_id)
    return await listing.answer(session, state, page, page.after_id(), form)


def _history(reader: Reader, user_id: int, days: Days) -> Listing[date, AttendanceDay]:
    def read(session: AsyncSession, before: date | None, limit: int) -> Awaitable[Sequence[AttendanceDay]]:
        return reader.history(session, user_id, first=days.first, last=days.last, before=before, limit=limit)

    return Listing(AttendanceDay, read, lambda row: row.date)

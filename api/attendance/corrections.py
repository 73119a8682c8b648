"""Correcting days. What is computed stays beside the correction; neither touches the other."""

from datetime import date

from sqlalchemy.ext.asyncio import AsyncSession

from api.attendance import correction_queries as queries
from api.attendance.correction_schemas import CorrectionRequest
from api.attendance.etags import Precondition
from api.attendance.reasons import reason_of
from api.attendance.schemas import AttendanceDay
from api.attendance.service import Reader
from core.attendance.rules import seen
from core.errors import NotFound

NO_CORRECTION = "no correction stands for that day: there is nothing to withdraw"


async def correct(
    session: AsyncSession,
    reader: Reader,
    user_id: int,
    day: date,
    asked: CorrectionRequest,
    *,
    by: int,
    precondition: Precondition,
) -> tuple[AttendanceDay, int]:
    """Say what counts of a day, and return the day with the number of its correction.

    Raises:
        BadRequest: there is no reason, or nobody keeps attendance of that day.
        NotFound: there is no such user.
        PreconditionFailed: the write was meant for another version.

    """
    reason = reason_of(asked.reason)
    before = await _before(session, reader, user_id, day, precondition)
    entry_id = await queries.add_entry(
        session,
        user_id=user_id,
        date=day,
        by=by,
        action="correct",
        old_status=before.status,
        old_reason=before.reason,
        new_status=asked.status,
        reason=reason,
    )
    await queries.put(session, user_id, day, status=asked.status, reason=reason, entry_id=entry_id)
    return await reader.day(session, user_id, day)


async def withdraw(
    session: AsyncSession,
    reader: Reader,
    user_id: int,
    day: date,
    reason: str | None,
    *,
    by: int,
    precondition: Precondition,
) -> tuple[AttendanceDay, int]:
    """Let what is computed count again, and return the day as it is then.

    Raises:
        BadRequest: nobody keeps attendance of that day.
        NotFound: there is no such user, or no correction stands.
        PreconditionFailed: the write was meant for another version.

    """
    said = reason_of(reason) if reason is not None else None
    before = await _before(session, reader, user_id, day, precondition)
    if not before.corrected:
        raise NotFound(NO_CORRECTION)
    await queries.add_entry(
        session,
        user_id=user_id,
        date=day,
        by=by,
        action="withdraw",
        old_status=before.status,
        old_reason=before.reason,
        new_status=seen(before.computed_status, None, expected=before.expected).value,
        reason=said,
    )
    await queries.remove(session, user_id, day)
    return await reader.day(session, user_id, day)


async def _before(
    session: AsyncSession, reader: Reader, user_id: int, day: date, precondition: Precondition
) -> AttendanceDay:
    """Return the day as it stays until the transaction ends, as far as corrections go."""
    await queries.lock_user(session, user_id)
    before, version = await reader.day(session, user_id, day)
    precondition.require(version)
    return before

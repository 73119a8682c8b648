"""Why a day is what it is."""

from typing import Annotated

from fastapi import APIRouter, Query

from api.attendance import explain_service
from api.attendance.explain_queries import at_one_moment
from api.attendance.explain_schemas import Explanation
from api.attendance.explain_service import MOST_EVENTS
from api.attendance.reading import ReaderPart
from api.attendance.service import NO_SUCH_DAY, NO_SUCH_USER
from api.deps import DISABLED, FOR_ADMINS, AppState, CurrentUser, PathId, require_active, require_admin
from api.openapi import refusals
from api.paging import Day
from core.errors import BadRequest, Forbidden, NotFound, Unauthenticated

router = APIRouter(prefix="/attendance", tags=["attendance"])


@router.get(
    "/user/{user_id}/explain",
    responses=refusals(
        *((BadRequest, NO_SUCH_DAY), (NotFound, NO_SUCH_USER)),
        *((Unauthenticated, DISABLED), (Forbidden, FOR_ADMINS)),
    ),
    summary="A day explained, second by second: one's own, and for admins anybody's",
)
async def explain(
    user: CurrentUser,
    user_id: PathId,
    state: AppState,
    reader: ReaderPart,
    date: Annotated[Day | None, Query(description="Today by default", examples=["2026-11-23"])] = None,
) -> Explanation:
    """Every span of watching with the events behind it. What is counted sums exactly to the day's total."""
    async with state.transaction() as session:
        await at_one_moment(session)
        require = require_active if user.user_id == user_id else require_admin
        await require(session, user)
        day = date or reader.today
        return await explain_service.explain(session, reader, user_id, day, most=MOST_EVENTS)

"""`/videos/imports/{id}/events`: an import, live."""

from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Response
from sqlalchemy.ext.asyncio import AsyncSession

from api.deps import Admin, AppState, PathId, Session, require_admin
from api.openapi import refusals
from api.state import State
from api.videos import import_service as service
from api.videos.desk import ImportDesk
from api.videos.import_schemas import ImportAnswer
from api.videos.streams import TOO_MANY, EventStream, Look, event_id
from core.errors import NotFound, Unavailable
from core.security import Claims

router = APIRouter(prefix="/videos", tags=["imports"])

_EXAMPLE = 'retry: 2000\nid: 5f0c6a1d9b3e7a42\ndata: {"id":1,"course_id":1,"status":"fetching","found":9}\n\n'
_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/event-stream": {"schema": {"type": "string"}, "example": _EXAMPLE}}},
    204: {"description": "It has ended, and the client has its last state: it need not come back"},
}


async def place(state: AppState) -> AsyncIterator[ImportDesk]:
    """Hold one of the places for streams until the answer has ended."""
    desk = state.part(ImportDesk)
    with desk.streams.place():
        yield desk


@router.get(
    "/imports/{id}/events",
    status_code=200,
    summary="An import, live",
    response_class=EventStream,
    responses={**_ANSWERS, **refusals((NotFound, service.NO_IMPORT), (Unavailable, TOO_MANY))},
)
async def events(
    user: Admin,
    id: PathId,  # noqa: A002 - its name in the contract
    state: AppState,
    session: Session,
    desk: Annotated[ImportDesk, Depends(place)],
    last_event_id: Annotated[str | None, Header(description="What an `EventSource` sends by itself")] = None,
) -> Response:
    """Server-sent events with all that `GET /videos/imports/{id}` answers: one at once, one at every change.

    The stream ends when the import has ended, and when the token expires.
    """
    return await stream(state, desk, session, user, id, last_event_id)


async def stream(
    state: State,
    desk: ImportDesk,
    session: AsyncSession,
    user: Claims,
    import_id: int,
    last_event_id: str | None,
) -> Response:
    """Return an import as a stream for somebody, who is held against the database at every change.

    Raises:
        NotFound: there is no such import.

    """
    first = await service.one(session, import_id)
    if not first.status.is_running and last_event_id == event_id(first):
        return Response(status_code=204)
    return EventStream(desk.streams.follow(first, _look(state, user, first), user.expires_at))


def _look(state: State, user: Claims, first: ImportAnswer) -> Look:
    """Return what looks for a change, each time in a transaction of its own: nothing is held in between."""
    seen = first.model_dump(exclude={"not_imported"})

    async def look() -> ImportAnswer | None:
        nonlocal seen
        async with state.transaction() as session:
            await require_admin(session, user)
            now = await service.current(session, first.id)
            if now.model_dump() == seen:
                return None
            seen = now.model_dump()
            return await service.with_items(session, now)

    return look

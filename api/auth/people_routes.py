"""`/auth/users/…`: everything that is kept about somebody, and nothing of it any more."""

from collections.abc import AsyncIterator
from typing import Any

from fastapi import APIRouter
from fastapi.responses import StreamingResponse

from api.auth import service
from api.auth.schemas import Erased
from api.deps import DISABLED, Admin, AppState, CurrentUser, PathId, Session
from api.openapi import refusals
from api.state import State
from core.errors import Conflict, NotFound, Unauthenticated
from core.people import erasing, exporting

router = APIRouter(prefix="/auth", tags=["people"])

YOURSELF = "nobody erases themselves: ask another admin"
_EXPORT: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "`user`, and a list for each table that holds something about them",
        "content": {"application/json": {"schema": {"type": "object"}, "example": {"user": {"id": 2}}}},
    }
}


@router.get(
    "/users/me/export",
    summary="Everything that is kept about me",
    response_class=StreamingResponse,
    responses={**_EXPORT, **refusals((Unauthenticated, DISABLED))},
)
async def export_mine(user: CurrentUser, session: Session, state: AppState) -> StreamingResponse:
    return as_file(state, (await service.active(session, user.user_id)).id)


@router.get(
    "/users/{id}/export",
    summary="Everything that is kept about somebody",
    response_class=StreamingResponse,
    responses={**_EXPORT, **refusals((NotFound, erasing.NO_USER))},
)
async def export(
    _: Admin,
    id: PathId,  # noqa: A002 - its name in the contract
    session: Session,
    state: AppState,
) -> StreamingResponse:
    return as_file(state, (await exporting.find(session, id)).id)


@router.delete(
    "/users/{id}",
    summary="Erase somebody",
    responses=refusals((NotFound, erasing.NO_USER), (Conflict, erasing.ALREADY), (Conflict, YOURSELF)),
)
async def erase(
    admin: Admin,
    id: PathId,  # noqa: A002 - its name in the contract
    session: Session,
) -> Erased:
    """For good: events, rows, registrations and corrections are deleted, and nothing brings them back.

    What they did to others' data stays, as done by a number; so does the audit, without its reasons.
    """
    if id == admin.user_id:
        raise Conflict(YOURSELF)
    return Erased(message="The user was erased.", deleted=await erasing.erase(session, id))


def as_file(state: State, user_id: int) -> StreamingResponse:
    """Return everything that is kept about a user, piece by piece."""

    async def pieces() -> AsyncIterator[bytes]:
        async with state.transaction() as session:
            user = await exporting.find(session, user_id)
            async for piece in exporting.export(session, user):
                yield piece

    name = f'attachment; filename="user-{user_id}.json"'
    headers = {"Content-Disposition": name, "Cache-Control": "no-store"}
    return StreamingResponse(pieces(), headers=headers, media_type="application/json")

"""What every baseline has in common with the API: the body, the answer, and who may send it.

Written as FastAPI's own documentation has it, independent of how the API reads requests.
"""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Depends, HTTPException, Request
from fastapi.security import OAuth2PasswordBearer
from pydantic import BaseModel

from core.errors import Unauthenticated
from core.security import Claims

_bearer = OAuth2PasswordBearer(tokenUrl="/auth/token")


class Event(BaseModel):
    """The fields of `POST /progress`."""

    video_id: int
    start_time: str | None = None
    end_time: str | None = None
    watchtime_seconds: int | None = None
    kind: Literal["play", "pause", "heartbeat"] | None = None
    occurred_at: str | None = None
    event_id: UUID | None = None
    session_id: str | None = None
    position_seconds: float | None = None
    playback_rate: float | None = None
    sent_at: str | None = None


class Accepted(BaseModel):
    """The answer."""

    event_id: UUID
    status: Literal["accepted"] = "accepted"


async def _current_user(request: Request, token: Annotated[str, Depends(_bearer)]) -> Claims:
    tokens: Any = request.app.state.tokens  # remembers what it verified
    try:
        claims: Claims = tokens.read(token)
    except Unauthenticated as error:
        raise HTTPException(401, str(error)) from error
    return claims


CurrentUser = Annotated[Claims, Depends(_current_user)]

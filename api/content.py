"""What the services that fill courses and those that show them have in common."""

import re
from datetime import date, datetime
from typing import Annotated, Any, Self

from pydantic import BaseModel, BeforeValidator, Field
from pydantic_core import PydanticKnownError

from api.paging import read_day
from core.errors import BadRequest
from core.tables import Video

MAX_TITLE = 500
NO_TITLE = f"a title must have 1 to {MAX_TITLE} characters"
NO_LINK = "a link must begin with https:// or http:// and have at most 2000 characters, none of them a space"
NOTHING = "nothing is to be changed: send at least one field that can be"
NO_COURSE = "there is no such course: GET /courses lists them"

REMOVED = "removed"
"""Why a video cannot be watched that is in its course no more; other reasons come from where it was."""


def _plain_day(value: object) -> object:
    if isinstance(value, str):
        return read_day(value)
    if value is None:
        return value
    raise PydanticKnownError("date_type")


PlainDay = Annotated[date, BeforeValidator(_plain_day)]
"""A date in a body, written `YYYY-MM-DD` and in no other of the ways pydantic knows."""

Seconds = Annotated[int, Field(strict=True, ge=0, le=1_000_000)]
Position = Annotated[int, Field(strict=True, ge=0, le=100_000)]

_LINK = re.compile(r"(?=.{1,2000}\Z)https?://[^\s/?#]+\S*", re.IGNORECASE)


def fields_of(change: BaseModel) -> dict[str, Any]:
    """Return what is to be different.

    Raises:
        BadRequest: nothing is; maybe a field's name is wrong.

    """
    fields = change.model_dump(exclude_unset=True)
    if not fields:
        raise BadRequest(NOTHING)
    return fields


def title_of(text: str) -> str:
    """Return a title as it is stored.

    Raises:
        BadRequest: it is none.

    """
    title = text.strip()
    if not 0 < len(title) <= MAX_TITLE:
        raise BadRequest(NO_TITLE)
    return title


def link_of(text: str) -> str:
    """Return a link as it is stored.

    Raises:
        BadRequest: it is none of the web.

    """
    link = text.strip()
    if _LINK.fullmatch(link) is None:
        raise BadRequest(NO_LINK)
    return link


class VideoAnswer(BaseModel):
    """A video of a course."""

    id: int = Field(examples=[1])
    course_id: int = Field(examples=[1])
    title: str = Field(examples=["Means and medians"])
    video_link: str = Field(examples=["https://www.youtube.com/watch?v=abcdefghijk"])
    position: int = Field(description="Its place in the course", examples=[0])
    duration_seconds: int | None = Field(description="Null where it is not known", examples=[630])
    available: bool = Field(description="Whether it can be watched now", examples=[True])
    unavailable_reason: str | None = Field(
        description=f"Why not: `{REMOVED}` from its course, or what YouTube says (`private`, `deleted`, …)",
        examples=[None],
    )
    assigned_on: date | None = Field(
        description="The day on which students are to watch it; counts where a rule asks for a share of that",
        examples=[None],
    )
    removed_at: datetime | None = Field(
        description="Since when it is not in its course any more", examples=[None]
    )

    @classmethod
    def of(cls, video: Video) -> Self:
        """Return a row as it is answered."""
        reason = REMOVED if video.removed_at is not None else video.unavailable
        return cls(
            id=video.id,
            course_id=video.course_id,
            title=video.title,
            video_link=video.video_link,
            position=video.position,
            duration_seconds=video.duration_seconds,
            available=reason is None,
            unavailable_reason=reason,
            assigned_on=video.assigned_on,
            removed_at=video.removed_at,
        )

"""Videos of courses. Raises `core.errors`; commits nothing."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from api.content import NO_COURSE, link_of, title_of
from api.videos import queries
from core.errors import NotFound
from core.tables import Video

NO_VIDEO = "there is no such video: GET /videos/course/{id} lists those of a course"


async def of_course(
    session: AsyncSession,
    course_id: int,
    *,
    after: tuple[int, ...] | None,
    limit: int,
    removed: bool = False,
) -> Sequence[Video]:
    """Return a course's videos in playlist order, from the one after `after`: position and id.

    Raises:
        NotFound: there is no such course.

    """
    if not await queries.course_exists(session, course_id):
        raise NotFound(NO_COURSE)
    return await queries.of_course(session, course_id, after=after, limit=limit, removed=removed)


async def change(
    session: AsyncSession, video_id: int, fields: Mapping[str, Any]
) -> tuple[Video, set[date | None]]:
    """Change the fields that are given; one that moves makes room for itself.

    Return the video and the days that it was and is assigned to.

    Raises:
        BadRequest: a title or a link is none.
        NotFound: there is no such video.

    """
    video = _found(await queries.by_id(session, video_id))
    changed, was_assigned_on = dict(fields), video.assigned_on
    if "title" in changed:
        changed["title"] = title_of(changed["title"])
    if "video_link" in changed:
        changed["video_link"] = link_of(changed["video_link"])
    if changed.get("position", video.position) != video.position:
        await queries.make_room(session, video.course_id, changed["position"])
    stored = _found(await queries.change(session, video_id, **changed))
    return stored, {was_assigned_on, stored.assigned_on}


async def archive(session: AsyncSession, video_id: int, now: datetime) -> Video:
    """Take a video out of its course; what was watched of it stays.

    Raises:
        NotFound: there is no such video.

    """
    return _found(await queries.archive(session, video_id, now))


async def restore(session: AsyncSession, video_id: int) -> Video:
    """Undo `archive`.

    Raises:
        NotFound: there is no such video.

    """
    return _found(await queries.change(session, video_id, removed_at=None, vanished=False))


def _found(video: Video | None) -> Video:
    if video is None:
        raise NotFound(NO_VIDEO)
    return video

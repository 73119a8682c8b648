"""Courses, their videos and who has a place in them. Raises `core.errors`; commits nothing."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from api.content import NO_COURSE, link_of, title_of
from api.courses import queries
from core.errors import BadRequest, Conflict, NotFound
from core.tables import Course, Video

ARCHIVED = "this course is archived and takes no new registrations"
ENDS_EARLY = "last_day must not be before first_day"
NO_PLAYLIST = "this course did not come from a playlist, so there is nothing to import again"


async def page(session: AsyncSession, *, after: int, limit: int, archived: bool = False) -> Sequence[Course]:
    """Return courses by id, from the one after `after`; the archived ones too where they are asked for."""
    return await queries.page(session, after=after, limit=limit, archived=archived)


async def one(session: AsyncSession, course_id: int) -> Course:
    """Return a course, archived or not.

    Raises:
        NotFound: there is none with this id.

    """
    return _found(await queries.by_id(session, course_id))


async def create(session: AsyncSession, title: str, link: str | None = None) -> Course:
    """Add a course that comes from nowhere else.

    Raises:
        BadRequest: it has no title, or its link is none.

    """
    return await queries.add(session, title_of(title), None if link is None else link_of(link))


async def change(session: AsyncSession, course_id: int, fields: Mapping[str, Any]) -> Course:
    """Change the fields that are given and return the course.

    Raises:
        BadRequest: a title or a link is none, or it would end before it begins.
        Conflict: it has no playlist that could be imported again.
        NotFound: there is no such course.

    """
    course = await one(session, course_id)
    changed = dict(fields)
    if "course_title" in changed:
        changed["course_title"] = title_of(changed["course_title"])
    if changed.get("link") is not None:
        changed["link"] = link_of(changed["link"])
    if changed.get("resync_hours") is not None and course.playlist_id is None:
        raise Conflict(NO_PLAYLIST)
    first, last = (changed.get(name, getattr(course, name)) for name in ("first_day", "last_day"))
    if first is not None and last is not None and first > last:
        raise BadRequest(ENDS_EARLY)
    return _found(await queries.change(session, course_id, **changed))


async def archive(session: AsyncSession, course_id: int, now: datetime) -> Course:
    """Let a course take no new registrations and leave the list; everything that was stays.

    Raises:
        NotFound: there is no such course.

    """
    return _found(await queries.archive(session, course_id, now))


async def restore(session: AsyncSession, course_id: int) -> Course:
    """Undo `archive`.

    Raises:
        NotFound: there is no such course.

    """
    return _found(await queries.change(session, course_id, archived_at=None))


async def add_video(
    session: AsyncSession,
    course_id: int,
    title: str,
    video_link: str,
    duration_seconds: int | None = None,
    assigned_on: date | None = None,
) -> Video:
    """Add a video at the end of a course.

    Raises:
        BadRequest: it has no title, or its link is none.
        NotFound: there is no such course.

    """
    title, video_link = title_of(title), link_of(video_link)
    await one(session, course_id)
    return await queries.append_video(
        session, course_id, title, video_link, duration_seconds=duration_seconds, assigned_on=assigned_on
    )


async def register(session: AsyncSession, course_id: int, user_id: int) -> None:
    """Give a student a place; harmless where there is one.

    Raises:
        Conflict: the course is archived, and the student has no place.
        NotFound: there is no such course.

    """
    course = await one(session, course_id)
    if course.archived_at is not None and not await queries.is_registered(session, course_id, user_id):
        raise Conflict(ARCHIVED)
    await queries.register(session, course_id, user_id)


async def is_registered(session: AsyncSession, course_id: int, user_id: int) -> bool:
    """Return whether a user has a place.

    Raises:
        NotFound: there is no such course.

    """
    await one(session, course_id)
    return await queries.is_registered(session, course_id, user_id)


def _found(course: Course | None) -> Course:
    if course is None:
        raise NotFound(NO_COURSE)
    return course

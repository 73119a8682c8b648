"""Courses and who has a place in them. Raises `core.errors`; commits nothing."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from api.courses import queries
from core.errors import BadRequest, NotFound
from core.tables import Course

NO_COURSE = "there is no such course: GET /courses lists them"


async def page(session: AsyncSession, *, after: int, limit: int) -> Sequence[Course]:
    """Return courses by id, from the one after `after`."""
    return await queries.page(session, after=after, limit=limit)


async def one(session: AsyncSession, course_id: int) -> Course:
    """Return a course.

    Raises:
        NotFound: there is none with this id.

    """
    course = await queries.by_id(session, course_id)
    if course is None:
        raise NotFound(NO_COURSE)
    return course


async def create(session: AsyncSession, title: str, link: str | None = None) -> int:
    """Add a course that comes from nowhere else, and return its id.

    Raises:
        BadRequest: it has no title.

    """
    if not title.strip():
        raise BadRequest("a course needs a title")
    return await queries.add(session, title.strip(), link)


async def register(session: AsyncSession, course_id: int, user_id: int) -> None:
    """Give a student a place; harmless where there is one.

    Raises:
        NotFound: there is no such course.

    """
    await one(session, course_id)
    await queries.register(session, course_id, user_id)


async def is_registered(session: AsyncSession, course_id: int, user_id: int) -> bool:
    """Return whether a user has a place.

    Raises:
        NotFound: there is no such course.

    """
    await one(session, course_id)
    return await queries.is_registered(session, course_id, user_id)

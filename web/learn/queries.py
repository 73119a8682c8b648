"""Every SQL statement of the students' pages. The tables belong to others; they only select."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import NamedTuple

from sqlalchemy import Select, and_, exists, func, or_, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncSession

from core.tables import Course, Progress, ProgressEvent, Registration, Video


class CourseCard(NamedTuple):
    """A course as a student sees it from outside. Videos that cannot be watched are not counted."""

    id: int
    title: str
    videos: int
    begun: int
    """How many of them the student has watched something of."""
    watch_time: timedelta
    last_watched: date | None


class Watched(NamedTuple):
    """A video with what a student has watched of it."""

    video: Video
    watch_time: timedelta
    last_watched: date | None

    @property
    def share(self) -> float | None:
        """How much of its length was watched, at most all of it; None where the length is not known."""
        length = self.video.duration_seconds
        return min(1.0, self.watch_time.total_seconds() / length) if length else None


async def my_courses(session: AsyncSession, user_id: int) -> Sequence[CourseCard]:
    """Return the courses in which a user has a place, the one watched last first."""
    place = exists().where(Registration.course_id == Course.id, Registration.user_id == user_id)
    cards = [CourseCard._make(row) for row in await session.execute(_cards(user_id).where(place))]
    return sorted(cards, key=lambda card: card.last_watched or date.min, reverse=True)


async def other_courses(session: AsyncSession, user_id: int, limit: int) -> Sequence[CourseCard]:
    """Return courses that take registrations, in which a user has no place yet."""
    place = exists().where(Registration.course_id == Course.id, Registration.user_id == user_id)
    statement = _cards(user_id).where(Course.archived_at.is_(None), ~place).limit(limit)
    return [CourseCard._make(row) for row in await session.execute(statement)]


async def videos(session: AsyncSession, course_id: int, user_id: int) -> Sequence[Watched]:
    """Return a course's videos in order, also one that is in it no more if the user has watched it."""
    rows = (
        select(Video, func.coalesce(func.sum(Progress.watch_time), timedelta()), func.max(Progress.date))
        .outerjoin(Progress, and_(Progress.video_id == Video.id, Progress.user_id == user_id))
        .where(Video.course_id == course_id)
        .group_by(Video.id)
        .having(or_(Video.removed_at.is_(None), func.count(Progress.id) > 0))
        .order_by(Video.position, Video.id)
    )
    return [Watched._make(row) for row in await session.execute(rows)]


async def left_off(session: AsyncSession, user_id: int, course_id: int) -> dict[int, float]:
    """Return where a user stopped in each of a course's videos, in seconds from its beginning."""
    statement = (
        select(ProgressEvent.video_id, ProgressEvent.position_seconds)
        .join(Video, Video.id == ProgressEvent.video_id)
        .where(
            ProgressEvent.user_id == user_id,
            Video.course_id == course_id,
            ProgressEvent.position_seconds.is_not(None),
        )
        .ext(distinct_on(ProgressEvent.video_id))
        .order_by(ProgressEvent.video_id, ProgressEvent.occurred_at.desc(), ProgressEvent.kind)
    )
    return {row.video_id: row.position_seconds for row in await session.execute(statement)}


async def video(session: AsyncSession, video_id: int) -> Video | None:
    """Return a video; None where there is none."""
    return await session.get(Video, video_id)


def _cards(user_id: int) -> Select[tuple[int, str, int, int, timedelta, date | None]]:
    watched = (
        select(
            Video.course_id,
            func.count(Video.id.distinct()).filter(Progress.watch_time > timedelta()).label("begun"),
            func.sum(Progress.watch_time).label("watch_time"),
            func.max(Progress.date).label("last"),
        )
        .join(Progress, Progress.video_id == Video.id)
        .where(Progress.user_id == user_id)
        .group_by(Video.course_id)
        .subquery()
    )
    available = (
        select(func.count())
        .where(Video.course_id == Course.id, Video.removed_at.is_(None), Video.unavailable.is_(None))
        .scalar_subquery()
    )
    return (
        select(
            Course.id,
            Course.course_title,
            available,
            func.coalesce(watched.c.begun, 0),
            func.coalesce(watched.c.watch_time, timedelta()),
            watched.c.last,
        )
        .outerjoin(watched, watched.c.course_id == Course.id)
        .order_by(Course.course_title, Course.id)
    )

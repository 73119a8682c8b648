"""Every SQL statement of the admins' pages. The tables belong to others; they only select."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.videos.service import NO_VIDEO
from core.accounts import NO_PASSWORD
from core.errors import NotFound
from core.people.erasing import NO_USER
from core.roles import Role
from core.tables import AttendanceRule, Course, PlaylistImport, Registration, User, Video


class CourseRow(NamedTuple):
    """A course with what it consists of."""

    course: Course
    videos: int
    students: int


class Person(NamedTuple):
    """An account as admins see it."""

    id: int
    username: str
    email: str
    role: str
    disabled_at: datetime | None
    created_at: datetime


class WaitingCourse(NamedTuple):
    """A course with students who cannot sign in yet."""

    id: int
    title: str
    students: int


class RuleRow(NamedTuple):
    """A version of what a day asks for; without a course the school's, without a name a command's."""

    rule: AttendanceRule
    course_title: str | None
    username: str | None


async def courses(session: AsyncSession, *, archived: bool, after: int, limit: int) -> Sequence[CourseRow]:
    """Return courses, by id from the one after `after`: those that are archived, or those that are not."""
    videos = select(func.count()).where(Video.course_id == Course.id, Video.removed_at.is_(None))
    students = select(func.count()).where(Registration.course_id == Course.id)
    statement = (
        select(Course, videos.scalar_subquery(), students.scalar_subquery())
        .where(
            Course.id > after, Course.archived_at.is_not(None) if archived else Course.archived_at.is_(None)
        )
        .order_by(Course.id)
        .limit(limit)
    )
    return [CourseRow._make(row) for row in await session.execute(statement)]


async def titles(session: AsyncSession, course_ids: Collection[int]) -> dict[int, str]:
    """Return the titles of courses by id."""
    found = await session.execute(select(Course.id, Course.course_title).where(Course.id.in_(course_ids)))
    return {row.id: row.course_title for row in found}


async def open_courses(session: AsyncSession) -> Sequence[Course]:
    """Return the courses that are not archived, by title."""
    statement = select(Course).where(Course.archived_at.is_(None))
    return (await session.scalars(statement.order_by(Course.course_title, Course.id))).all()


async def courses_without_password(session: AsyncSession) -> Sequence[WaitingCourse]:
    """Return the courses with students who have no password, archived or not, by title."""
    statement = (
        select(Course.id, Course.course_title, func.count())
        .join(Registration, Registration.course_id == Course.id)
        .join(User, User.id == Registration.user_id)
        .where(User.password_hash == NO_PASSWORD, User.role == Role.STUDENT.value)
        .group_by(Course.id)
        .order_by(Course.course_title, Course.id)
    )
    return [WaitingCourse._make(row) for row in await session.execute(statement)]


async def rules(session: AsyncSession) -> Sequence[RuleRow]:
    """Return every version of what a day asks for, the one from the latest date on first."""
    statement = (
        select(AttendanceRule, Course.course_title, User.username)
        .outerjoin(Course, Course.id == AttendanceRule.course_id)
        .outerjoin(User, User.id == AttendanceRule.created_by)
        .order_by(AttendanceRule.effective_from.desc(), AttendanceRule.id.desc())
    )
    return [RuleRow._make(row) for row in await session.execute(statement)]


async def last_import(session: AsyncSession, course_id: int) -> PlaylistImport | None:
    """Return the newest import of a course; None where it never had one."""
    statement = select(PlaylistImport).where(PlaylistImport.course_id == course_id)
    return (await session.scalars(statement.order_by(PlaylistImport.id.desc()).limit(1))).first()


async def video(session: AsyncSession, course_id: int, video_id: int) -> Video:
    """Return a video of a course.

    Raises:
        NotFound: it has none with this id.

    """
    statement = select(Video).where(Video.course_id == course_id, Video.id == video_id)
    found = (await session.scalars(statement)).one_or_none()
    if found is None:
        raise NotFound(NO_VIDEO)
    return found


async def course_of_playlist(session: AsyncSession, playlist_id: str) -> Course | None:
    """Return the course a playlist has become; None where it has become none."""
    return (await session.scalars(select(Course).where(Course.playlist_id == playlist_id))).one_or_none()


async def people(session: AsyncSession, *, words: str, role: str, after: int, limit: int) -> Sequence[Person]:
    """Return accounts by id from the one after `after`, of a role, with such a name or address; "" is any."""
    statement = select(
        User.id, User.username, User.email, User.role, User.disabled_at, User.created_at
    ).where(User.id > after)
    if words:
        statement = statement.where(
            or_(
                User.username_key.contains(words, autoescape=True),
                User.email_key.contains(words, autoescape=True),
            )
        )
    if role:
        statement = statement.where(User.role == role)
    return [Person._make(row) for row in await session.execute(statement.order_by(User.id).limit(limit))]


async def person(session: AsyncSession, user_id: int) -> Person:
    """Return an account.

    Raises:
        NotFound: there is none.

    """
    statement = select(User.id, User.username, User.email, User.role, User.disabled_at, User.created_at)
    row = (await session.execute(statement.where(User.id == user_id))).one_or_none()
    if row is None:
        raise NotFound(NO_USER)
    return Person._make(row)

"""Users and videos that have to exist before anything can be watched."""

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from core.roles import Role
from core.tables import Course, User, Video


async def add_students(session: AsyncSession, how_many: int) -> list[int]:
    """Add students who cannot sign in, and return their ids."""
    rows = [
        {
            "username": f"student{n}",
            "username_key": f"student{n}",
            "email": f"student{n}@example.org",
            "email_key": f"student{n}@example.org",
            "password_hash": "!",
            "role": Role.STUDENT.value,
        }
        for n in range(1, how_many + 1)
    ]
    return list(await session.scalars(insert(User).returning(User.id), rows))


async def add_videos(session: AsyncSession, how_many: int) -> list[int]:
    """Add a course with videos, and return their ids."""
    course = Course(course_title="Optics")
    session.add(course)
    await session.flush()
    rows = [
        {
            "course_id": course.id,
            "title": f"Lesson {n}",
            "video_link": f"https://www.youtube.com/watch?v={n:011}",
            "position": n,
        }
        for n in range(1, how_many + 1)
    ]
    return list(await session.scalars(insert(Video).returning(Video.id), rows))

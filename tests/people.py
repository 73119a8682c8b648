"""Users and videos that have to exist before anything can be watched."""

from datetime import date

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from core.roles import Role
from core.tables import Correction, CorrectionEntry, Course, User, Video


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


async def add_correction(session: AsyncSession, user_id: int, day: date, status: str = "excused") -> None:
    """Let a correction stand that the user made; who may make one is for others to test."""
    entry = CorrectionEntry(
        user_id=user_id, date=day, by=user_id, action="correct", old_status="absent", new_status=status
    )
    session.add(entry)
    await session.flush()
    session.add(Correction(user_id=user_id, date=day, status=status, reason="Ill.", entry_id=entry.id))

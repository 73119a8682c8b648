"""Loading the demonstration once, however often it is asked for and wherever it was interrupted."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from api.auth import service
from cli.demo.accounts import ROLES, Account, known_accounts, prepare_accounts, with_missing
from cli.demo.courses import COURSES, DemoCourse
from cli.demo.history import COURSE, prepare_past
from core.tables import Course, Video

_ONE_AT_A_TIME = 0x5EED
"""Key of the advisory lock under which the demonstration is loaded."""

HashPassword = Callable[[str], Awaitable[str]]


@dataclass(frozen=True, slots=True)
class Loaded:
    """What was not there before, and every account whose password is written down."""

    courses: int
    new_accounts: Sequence[Account]
    accounts: Sequence[Account]


async def load_demo(
    session: AsyncSession, path: Path, hash_password: HashPassword, *, began_at: datetime | None = None
) -> Loaded:
    """Add what is missing; the caller commits, and then publishes the accounts.

    With `began_at` a new course has begun then, with a class whose past `tell_past` tells.

    Their passwords are written down beside `path` before: a crash in between leaves them for the next run,
    whereas the other order would leave accounts that nobody can sign in to.
    """
    await session.execute(select(func.pg_advisory_xact_lock(_ONE_AT_A_TIME)))
    courses = [course for course in COURSES if await _add_course(session, course)]
    taken = {name for name in ROLES if await service.find(session, name) is not None}
    accounts = with_missing(known_accounts(path), taken)
    prepare_accounts(path, accounts)
    new = [account for account in accounts if account.username not in taken and account.username in ROLES]
    for account in new:
        password_hash = await hash_password(account.password)
        await service.sign_up(
            session, account.username, account.email, password_hash, ROLES[account.username]
        )
    if began_at is not None and COURSE in courses:
        await prepare_past(session, began_at)
    return Loaded(len(courses), new, accounts)


async def _add_course(session: AsyncSession, course: DemoCourse) -> bool:
    """Say whether the course was added; one whose playlist is there already stays as it is."""
    statement = (
        insert(Course)
        .values(course_title=course.title, link=course.link, playlist_id=course.playlist_id)
        .on_conflict_do_nothing(index_elements=["playlist_id"])
        .returning(Course.id)
    )
    course_id = await session.scalar(statement)
    if course_id is None:
        return False
    session.add_all(
        Video(
            course_id=course_id,
            title=video.title,
            video_link=video.link,
            position=position,
            duration_seconds=video.seconds,
            youtube_id=video.youtube_id,
        )
        for position, video in enumerate(course.videos)
    )
    await session.flush()
    return True

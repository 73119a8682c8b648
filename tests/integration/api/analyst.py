"""A school with a clock of its own, and an analyst who asks the API about it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

import httpx
from sqlalchemy import insert

from api.attendance.app import SERVICE as ATTENDANCE
from api.courses.app import SERVICE as COURSES
from api.videos.app import SERVICE as VIDEOS
from core.database import Sessions
from core.policy import Policy
from core.roles import Role
from core.security import Tokens
from core.settings import Settings
from core.tables import Course, Registration, User, Video
from events.schemas import Event, Pause, Play
from tests.conftest import SECRET
from tests.integration.api.conftest import bearer, serving
from workers.watch_time.service import WatchTime

MONDAY = date(2026, 3, 2)
NOON = timedelta(hours=12)
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


def at(day: date, time: timedelta = NOON) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC) + time


@dataclass
class School:
    """Its time stands still at `today`, noon, until a test moves it."""

    sessions: Sessions
    client: httpx.AsyncClient
    policy: Policy = field(default_factory=Policy)
    today: date = MONDAY
    numbers: "count[int]" = field(default_factory=lambda: count(1))

    def now(self) -> datetime:
        return at(self.today)

    async def add_student(self, name: str, joined: datetime = LONG_AGO, role: Role = Role.STUDENT) -> int:
        async with self.sessions.begin() as session:
            values = {
                **dict.fromkeys(("username", "username_key", "email", "email_key"), name),
                "password_hash": "!",
                "role": role.value,
                "created_at": joined,
            }
            return (await session.execute(insert(User).values(values).returning(User.id))).scalar_one()

    async def add_admin(self) -> int:
        """Add the analyst, whom the client's token names as user 1."""
        return await self.add_student("grace", role=Role.ADMIN)

    async def add_course(self, *durations: int, **columns: Any) -> tuple[int, list[int]]:
        """Return a course and its videos, of so many seconds each."""
        async with self.sessions.begin() as session:
            course = Course(course_title="Optics", created_at=LONG_AGO, **columns)
            session.add(course)
            await session.flush()
            videos = [
                Video(
                    course_id=course.id, title="A", video_link="https://a", position=n, duration_seconds=each
                )
                for n, each in enumerate(durations)
            ]
            session.add_all(videos)
            await session.flush()
            return course.id, [video.id for video in videos]

    async def register(self, user_id: int, course_id: int, when: datetime = LONG_AGO) -> None:
        async with self.sessions.begin() as session:
            session.add(Registration(user_id=user_id, course_id=course_id, created_at=when))

    async def watch(self, user_id: int, video_id: int, day: date, seconds: int) -> None:
        """Let somebody watch; the worker that applies it has the school's clock."""
        begin = at(day, NOON + timedelta(minutes=10 * next(self.numbers) % 600))
        common: dict[str, Any] = {"user_id": user_id, "video_id": video_id, "received_at": begin}
        events: list[Event] = [
            Play(event_id=UUID(int=next(self.numbers)), at=begin, **common),
            Pause(event_id=UUID(int=next(self.numbers)), at=begin + timedelta(seconds=seconds), **common),
        ]
        await WatchTime(self.sessions, self.policy, self.now).apply(events)

    async def get(self, path: str, **options: Any) -> Any:
        answer = await self.client.get(path, **options)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def statuses(self, day: date) -> dict[str, str]:
        return {row["username"]: row["status"] for row in await self.get(f"/attendance/date/{day}")}


@asynccontextmanager
async def school(settings: Settings, sessions: Sessions) -> AsyncIterator[School]:
    """Open a school whose analyst is user 1."""
    holder: list[School] = []

    def clock() -> datetime:
        return holder[0].now() if holder else at(MONDAY)

    async with serving(settings, ATTENDANCE, COURSES, VIDEOS, clock=clock) as api:
        opened = School(sessions, api.client)
        holder.append(opened)
        grace = await opened.add_admin()
        tokens = Tokens(SECRET.encode(), clock=lambda: at(date(2030, 1, 1)))
        api.client.headers.update(bearer(tokens.issue(grace, "grace", Role.ADMIN)))
        yield opened

"""Closing a day while events of it are still being applied."""

import asyncio
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select, text

from core.attendance.rule_store import add_rule
from core.database import Sessions
from core.policy import Policy
from core.tables import Attendance
from events.schemas import Event, Pause
from tests.integration.workers.school import differences
from tests.people import add_students, add_videos
from workers.day_close.close import close_again
from workers.watch_time.service import WatchTime

NOON = datetime(2025, 6, 12, 12, tzinfo=UTC)
LATER = NOON + timedelta(days=9)
STUDENTS = range(1, 21)
MIDDLE = 10
SHARE: dict[str, Any] = {
    "course_id": None,
    "effective_from": NOON.date(),
    "minimum_seconds": 9,
    "minimum_share": Decimal("0.5"),
    "reason": None,
    "created_by": None,
}
_WAITING = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
_HOLD = text("SELECT FROM attendance WHERE user_id = :user_id FOR UPDATE")


def watched(user_id: int, minute: int, seconds: int) -> Event:
    at = NOON + timedelta(minutes=minute)
    return Pause(
        event_id=uuid4(), user_id=user_id, video_id=1, at=at, received_at=at, claimed_seconds=seconds
    )


async def waiting(sessions: Sessions, how_many: int) -> None:
    """Wait until so many wait for a lock."""
    async with asyncio.timeout(10), sessions() as session:
        while await session.scalar(_WAITING) < how_many:
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("closing_first", [True, False])
async def test_a_day_is_closed_while_late_events_of_it_are_applied(
    sessions: Sessions, closing_first: bool
) -> None:
    """Neither waits for the other in a circle, and no row is judged by what it was before the other came.

    Both are stopped in the midst of the rows. The worker writes those of students whose events are in order first.
    """
    policy = Policy()
    worker = WatchTime(sessions, policy, lambda: LATER)
    async with sessions.begin() as session:
        await add_students(session, len(STUDENTS))
        await add_videos(session, 1)
    await worker.apply([watched(user_id, minute=5, seconds=5) for user_id in STUDENTS])
    async with sessions.begin() as session:
        await add_rule(session, **SHARE)
    late = [watched(user_id, minute=1 if user_id <= MIDDLE else 10, seconds=4) for user_id in STUDENTS]

    async def apply() -> None:
        assert {answer.outcome for answer in await worker.apply(late)} == {"applied"}

    async def close() -> None:
        await close_again(sessions, policy, NOON.date(), lambda: LATER)

    async with sessions.begin() as session:
        await session.execute(_HOLD, {"user_id": MIDDLE})
        working = []
        for work in (close, apply) if closing_first else (apply, close):
            working.append(asyncio.create_task(work()))
            await waiting(sessions, len(working))
    await asyncio.gather(*working)
    assert not await differences(sessions, policy)
    async with sessions.begin() as session:
        assert set(await session.scalars(select(Attendance.status))) == {"present"}

"""What a school does not want to keep goes by itself, and nothing younger."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from pydantic import ValidationError
from sqlalchemy import text

from core.database import Sessions
from core.policy import Policy
from core.settings import Settings
from events.schemas import Event, Pause, Play
from tests.integration.workers.school import differences
from tests.people import add_correction
from workers.retention import Retention, let_go
from workers.watch_time.rebuild import rebuild
from workers.watch_time.service import WatchTime

TODAY = datetime(2025, 6, 30, 12, tzinfo=UTC)
POLICY = Policy()
TABLES = ("progress", "attendance", "attendance_corrections")


@pytest.fixture
async def watched(school: Sessions) -> Sessions:
    """User 1 watched a minute on each of the last 30 days, and each of these is corrected."""
    common: dict[str, Any] = {"user_id": 1, "video_id": 1, "received_at": TODAY}
    plays = [Play(event_id=UUID(int=day), at=at(day), **common) for day in range(30)]
    pauses = [
        Pause(event_id=UUID(int=100 + day), at=at(day) + timedelta(minutes=1), **common) for day in range(30)
    ]
    events: list[Event] = [*plays, *pauses]
    await WatchTime(school, POLICY).apply(events)
    async with school.begin() as session:
        for day in range(30):
            await add_correction(session, 1, at(day).date())
    return school


def at(days_ago: int) -> datetime:
    return TODAY - timedelta(days=days_ago)


async def oldest(sessions: Sessions) -> list[date | None]:
    async with sessions.begin() as session:
        return [await session.scalar(text(f"SELECT min(date) FROM {table}")) for table in TABLES]


async def events(sessions: Sessions) -> int:
    async with sessions.begin() as session:
        return int(await session.scalar(text("SELECT count(*) FROM progress_events")) or 0)


async def test_nothing_goes_unless_asked(watched: Sessions) -> None:
    await let_go(watched, POLICY, Retention(), lambda: TODAY)
    assert await events(watched) == 60
    assert await oldest(watched) == [at(29).date()] * 3


async def test_the_log_goes_and_its_rows_stay(watched: Sessions) -> None:
    await let_go(watched, POLICY, Retention(log_days=10), lambda: TODAY)
    assert await events(watched) < 30
    assert await oldest(watched) == [at(29).date()] * 3
    assert await differences(watched, POLICY) == []


async def test_rows_go_as_well_and_no_rebuild_brings_them_back(watched: Sessions) -> None:
    for _ in range(2):
        await let_go(watched, POLICY, Retention(log_days=10, row_days=20), lambda: TODAY)
        assert await oldest(watched) == [at(20).date()] * 3
    assert [users async for users in rebuild(watched, POLICY)]
    assert await oldest(watched) == [at(20).date()] * 3
    assert await differences(watched, POLICY) == []


async def test_rows_wait_for_their_log(watched: Sessions) -> None:
    await let_go(watched, POLICY, Retention(row_days=20), lambda: TODAY)
    assert await oldest(watched) == [at(29).date()] * 3


@pytest.mark.parametrize(
    "days", [{"keep_log_days": 6}, {"keep_row_days": 30}, {"keep_log_days": 30, "keep_row_days": 29}]
)
def test_nothing_is_to_go_before_its_time(days: dict[str, Any]) -> None:
    urls: dict[str, Any] = {
        "database_url": "postgresql://h/d",
        "amqp_url": "amqp://h",
        "redis_url": "redis://h",
    }
    with pytest.raises(ValidationError, match="must not be less"):
        Settings(env="development", **urls, **days)

"""`edutrack rebuild` and `edutrack verify` as a person on call uses them."""

import json
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import update

from core.database import Sessions
from core.errors import NotFound
from core.policy import Policy
from core.tables import Progress
from events.schemas import Pause, Play
from tests.integration.cli.commands import Run, in_thread
from tests.people import add_students, add_videos
from workers.watch_time.service import WatchTime

NOON = datetime(2025, 6, 12, 12, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
async def watched(sessions: Sessions) -> Sessions:
    """Two students who watched a minute on each of two days, each row since spoilt."""
    async with sessions.begin() as session:
        await add_students(session, 2)
        await add_videos(session, 1)
    events = [
        kind(event_id=UUID(int=number), user_id=user, video_id=1, at=at, received_at=at)
        for user in (1, 2)
        for start in (NOON, NOON + DAY)
        for number, kind, at in (
            (start.day, Play, start),
            (start.day + 100, Pause, start + timedelta(minutes=1)),
        )
    ]
    await WatchTime(sessions, Policy()).apply(events)
    async with sessions.begin() as session:
        await session.execute(update(Progress).values(watch_time=timedelta(hours=1)))
    return sessions


async def found(run: Run, *options: str) -> set[tuple[int, str]]:
    result = await in_thread(run, "verify", "--json", *options)
    report = json.loads(result.stdout)
    assert result.exit_code == (1 if report["differences"] else 0)
    return {(each["user_id"], each["key"]) for each in report["differences"]}


async def test_verify_names_each_row_that_differs_and_fails(watched: Sessions, run: Run) -> None:
    result = await in_thread(run, "verify")
    assert result.exit_code == 1
    assert "user 2 progress video 1 on 2025-06-13: stored" in result.stdout
    assert "4 rows differ" in result.stderr
    assert "4/4" not in result.stdout, "progress is no output"


async def test_users_and_dates_can_be_chosen(watched: Sessions, run: Run) -> None:
    first, second = "video 1 on 2025-06-12", "video 1 on 2025-06-13"
    assert await found(run) == {(1, first), (1, second), (2, first), (2, second)}
    assert await found(run, "--user", "2", "--from", "2025-06-13") == {(2, second)}
    assert await found(run, "--to", "2025-06-11") == set()
    rebuilt = await in_thread(run, "rebuild", "--user", "1", "--from", "2025-06-12", "--to", "2025-06-12")
    assert rebuilt.exit_code == 0
    assert "1/1" in rebuilt.stderr
    assert await found(run) == {(1, second), (2, first), (2, second)}
    assert (await in_thread(run, "rebuild", "--from", "2025-06-13")).exit_code == 0
    assert await found(run) == {(2, first)}
    assert (await in_thread(run, "rebuild")).exit_code == 0
    assert (await in_thread(run, "verify")).stdout == "Every row is what the event log says.\n"


async def test_what_makes_no_sense_is_refused(watched: Sessions, run: Run) -> None:
    with pytest.raises(NotFound, match="no user 3"):
        await in_thread(run, "verify", "--user", "3")
    for options in (
        ("--from", "2025-06-13", "--to", "2025-06-12"),
        ("--from", "yesterday"),
        ("--policy", "--from", "2025-06-13"),
        ("--policy", "--user", "1"),
    ):
        assert (await in_thread(run, "rebuild", *options)).exit_code == 2

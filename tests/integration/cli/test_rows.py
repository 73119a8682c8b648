"""`edutrack rebuild`, `edutrack verify` and `edutrack prune` as a person on call uses them."""

import json
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import update

from core.database import Sessions
from core.errors import Conflict, NotFound
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


async def test_a_prune_counts_first_and_removes_when_told_to(watched: Sessions, run: Run) -> None:
    before = ("--before", "2025-06-15")
    assert (await in_thread(run, "prune", *before)).exit_code == 2
    assert (await in_thread(run, "prune", *before, "--yes", "--dry-run")).exit_code == 2
    counted = await in_thread(run, "prune", *before, "--dry-run")
    assert counted.stdout.startswith("4 events would be removed from the log of days before 2025-06-15")
    assert len(await found(run)) == 4
    assert (await in_thread(run, "prune", *before, "--yes")).stdout.startswith("Removed 4 events")
    assert (await in_thread(run, "prune", *before, "--yes")).stdout.startswith("Removed 0 events")
    assert await found(run) == set(), "pruned days are compared no more"
    assert "before 2025-06-15 were left alone" in (await in_thread(run, "verify")).stderr
    with pytest.raises(Conflict, match="pruned before 2025-06-15"):
        await in_thread(run, "rebuild", "--to", "2025-06-14")


async def test_days_that_are_not_final_are_not_pruned(watched: Sessions, run: Run) -> None:
    today = datetime.now(UTC).date()
    with pytest.raises(Conflict, match="not final"):
        await in_thread(run, "prune", "--before", str(today), "--yes")


async def test_adopting_a_policy_says_which_days_it_leaves_alone(
    watched: Sessions, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (await in_thread(run, "prune", "--before", "2025-06-13", "--yes")).exit_code == 0
    monkeypatch.setenv("EDUTRACK_ATTENDANCE_MIN_SECONDS", "60")
    adopted = await in_thread(run, "rebuild", "--policy")
    assert "days before 2025-06-13 keep the rows of the old policy" in adopted.stdout

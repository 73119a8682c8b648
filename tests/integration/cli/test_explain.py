"""`edutrack explain` as somebody asks it who has a student at the desk."""

import json
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from core.database import Sessions
from core.errors import NotFound
from core.policy import Policy
from events.schemas import Pause, Play
from tests.integration.cli.commands import Run, in_thread, said
from tests.people import add_students, add_videos
from workers.watch_time.service import WatchTime

NOON = datetime(2025, 6, 12, 12, tzinfo=UTC)


@pytest.fixture
async def watched(sessions: Sessions) -> Sessions:
    """A student whose player claimed a quarter of an hour after a minute."""
    async with sessions.begin() as session:
        await add_students(session, 1)
        await add_videos(session, 1)
    common = {"user_id": 1, "video_id": 1, "received_at": NOON, "session_id": "[left]"}
    play = Play(event_id=UUID(int=1), at=NOON, **common)  # type: ignore[arg-type]
    pause = Pause(event_id=UUID(int=2), at=NOON + timedelta(minutes=1), claimed_seconds=900, **common)  # type: ignore[arg-type]
    await WatchTime(sessions, Policy()).apply([play, pause])
    return sessions


async def test_a_day_is_explained_by_id_or_name(watched: Sessions, run: Run) -> None:
    for user in ("1", "Student1"):
        told = said(await in_thread(run, "explain", user, "2025-06-12"))
        assert "student1 on 2025-06-12, UTC" in told
        assert "Present: 60 s were watched, and the day asked for 30 s." in told
        assert "Judged by the settings: at least 30 s." in told
        assert "1. Lesson 1 (video 1, player [left])" in told
        assert "12:00:00 to 12:01:00, 60 s counted: The pause claimed 900 s but only 60 s had passed" in told
        assert (
            f"pause     12:01:00.000000, received 06-12 12:00:00, claims 900 s, late, {UUID(int=2)}" in told
        )
        assert "Together 60 s, as the row says." in told
    answer = json.loads(said(await in_thread(run, "explain", "1", "2025-06-12", "--json")))
    assert answer["spans"][0]["counted_microseconds"] == answer["total_microseconds"] == 60_000_000


async def test_what_is_gone_or_unknown_is_said(watched: Sessions, run: Run) -> None:
    said(await in_thread(run, "prune", "--before", "2025-06-13", "--yes"))
    assert "before 2025-06-13 was removed" in said(await in_thread(run, "explain", "1", "2025-06-12"))
    for nobody in ("2", "nobody"):
        with pytest.raises(NotFound):
            await in_thread(run, "explain", nobody, "2025-06-12")
    assert (await in_thread(run, "explain", "1", "yesterday")).exit_code == 2


async def test_the_rule_in_force_is_named(watched: Sessions, run: Run) -> None:
    for first, *least in (
        ("2025-06-11", "--minimum-seconds", "45"),
        ("2025-06-12", "--minimum-share", "0.625", "--minimum-seconds", "50"),
    ):
        said(await in_thread(run, "rule", "add", "--from", first, *least, "--yes"))
    shared = "62.5 % of the video time assigned to the day, at least 50 s where nothing is"
    for day, rule in (
        ("11", "1, in force since 2025-06-11: at least 45 s"),
        ("12", f"2, in force since 2025-06-12: {shared}"),
    ):
        assert f"Judged by rule {rule}." in said(await in_thread(run, "explain", "1", f"2025-06-{day}"))

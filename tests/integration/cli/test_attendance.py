"""`edutrack close-day` and `edutrack rule` as a person on call uses them."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import update

from core.database import Sessions
from core.errors import BadRequest, Conflict
from core.policy import Policy
from core.tables import User
from events.schemas import Pause, Play
from tests.integration.cli.commands import Run, in_thread, said
from tests.people import add_students, add_videos
from workers.watch_time.service import WatchTime

TODAY = datetime.now(UTC).replace(hour=12)
THEN = TODAY - timedelta(days=9)


@pytest.fixture
async def watched(sessions: Sessions) -> Sessions:
    """Two students of nine days ago, of whom one watched a minute then."""
    async with sessions.begin() as session:
        await add_students(session, 2)
        await add_videos(session, 1)
        await session.execute(update(User).values(created_at=THEN))
    first, second = (THEN, THEN + timedelta(minutes=1))
    await WatchTime(sessions, Policy()).apply(
        [
            Play(event_id=UUID(int=1), user_id=1, video_id=1, at=first, received_at=first),
            Pause(event_id=UUID(int=2), user_id=1, video_id=1, at=second, received_at=second),
        ]
    )
    return sessions


async def test_days_are_closed_by_hand_once_or_anew(watched: Sessions, run: Run) -> None:
    closed = said(await in_thread(run, "close-day"))
    assert closed.splitlines() == [
        f"{THEN.date() + timedelta(days=number)}: 2 students were expected." for number in range(2)
    ]
    assert said(await in_thread(run, "close-day")) == "Every day that is final is closed.\n"
    anew = said(await in_thread(run, "close-day", "--date", str(THEN.date())))
    assert anew == f"{THEN.date()}: 2 students were expected.\n"
    with pytest.raises(Conflict, match="not final"):
        await in_thread(run, "close-day", "--date", str(TODAY.date()))
    with pytest.raises(BadRequest, match="from 1970"):
        await in_thread(run, "close-day", "--date", "1969-12-31")


async def test_a_rule_is_shown_first_and_applied_when_told_to(watched: Sessions, run: Run) -> None:
    rule = ("rule", "add", "--from", str(THEN.date()), "--minimum-seconds", "61")
    assert (await in_thread(run, *rule)).exit_code == 2
    assert (await in_thread(run, *rule, "--yes", "--dry-run")).exit_code == 2
    assert (await in_thread(run, *rule, "--minimum-share", "7", "--dry-run")).exit_code == 2
    turned = f"{THEN.date()}\tstudent1\tpresent -> absent\n"
    counted = "0 days turn present, 1 absent, 0 excused; 0 stay as they were corrected.\n"
    assert said(await in_thread(run, *rule, "--dry-run")) == f"It would be so: {counted}{turned}"
    assert said(await in_thread(run, "rule", "list")) == ""
    assert said(await in_thread(run, *rule, "--yes")) == f"Rule 1 is applied: {counted}{turned}"
    assert said(await in_thread(run, "rule", "list")) == f"1\tschool\t{THEN.date()}\t61 s\t\n"
    assert (await in_thread(run, "verify")).stdout == "Every row is what the event log says.\n"
    with pytest.raises(BadRequest, match="minimum_seconds"):
        await in_thread(run, "rule", "add", "--from", str(THEN.date()), "--yes")

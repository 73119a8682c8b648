"""The demonstration's past is told once, wherever it was interrupted, and every row of it is true."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, func, select

from cli.demo import history
from cli.demo.history import COURSE, first_instant, tell_past
from cli.demo.load import load_demo
from cli.demo.past import DAYS
from core.database import Sessions
from core.policy import Policy
from core.security import Hashing, Passwords
from core.tables import (
    Attendance,
    AttendanceRule,
    ClosedDay,
    Correction,
    Course,
    Holiday,
    ProgressEvent,
    Roll,
    StoredPolicy,
)
from workers.watch_time.rebuild import verify

PASSWORDS = Passwords(Hashing(memory_kib=64, passes=1))
NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
POLICY = Policy(timezone="Australia/Sydney")


async def seed(sessions: Sessions, path: Path) -> None:
    began_at = first_instant(POLICY, lambda: NOON)
    async with sessions.begin() as session:
        await load_demo(session, path, PASSWORDS.hash, began_at=began_at)
    await tell_past(sessions, POLICY, lambda: NOON)


@pytest.fixture
async def bare(sessions: Sessions) -> Sessions:
    """A database whose policy nobody has stored yet."""
    async with sessions.begin() as session:
        await session.execute(delete(StoredPolicy))
    return sessions


async def counts(sessions: Sessions) -> list[int]:
    tables = (ProgressEvent, Attendance, AttendanceRule, ClosedDay, Correction, Holiday, Roll)
    async with sessions.begin() as session:
        return [await session.scalar(select(func.count()).select_from(table)) or 0 for table in tables]


async def test_an_interrupted_past_is_told_to_its_end_and_only_once(
    bare: Sessions, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(history, "close_due", crash)
        with pytest.raises(ConnectionResetError):
            await seed(bare, tmp_path / "accounts.json")
    await seed(bare, tmp_path / "accounts.json")
    told = await counts(bare)
    _events, rows, *decided = told
    assert decided[:4] == [1, DAYS - POLICY.late_days, 1, 1]
    assert rows > 10 * DAYS * 2 // 3
    await seed(bare, tmp_path / "accounts.json")
    assert await counts(bare) == told

    assert [found async for _, found in verify(bare, POLICY) if found] == []
    async with bare.begin() as session:
        course = await session.scalar(select(Course).where(Course.playlist_id == COURSE.playlist_id))
        last = await session.scalar(select(func.max(ProgressEvent.occurred_at)))
        statuses = set(await session.scalars(select(Attendance.status)))
    assert course is not None
    assert last is not None
    assert str(course.first_day) == "2026-10-21"
    assert NOON - timedelta(days=2) < last < NOON
    assert statuses == {"present"}, "who watches at all watches for more than the school asks"


def crash(*_: object) -> None:
    raise ConnectionResetError


async def test_a_course_that_was_there_before_gets_no_past(sessions: Sessions, tmp_path: Path) -> None:
    path = tmp_path / "accounts.json"
    async with sessions.begin() as session:
        await load_demo(session, path, PASSWORDS.hash)
        await load_demo(session, path, PASSWORDS.hash, began_at=first_instant(Policy()))
    await tell_past(sessions, Policy())
    assert await counts(sessions) == [0] * 7

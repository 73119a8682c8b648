"""Somebody wants to see all of it, or wants it gone."""

import json
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from core.clock import utc_now
from core.database import Base, Sessions
from core.errors import Conflict, NotFound
from core.people import erasing, exporting
from core.people.holdings import HOLDINGS, Fate
from core.policy import Policy
from core.tables import Course, Registration, User, Video
from events.schemas import Pause, Play
from tests.people import add_correction
from workers.watch_time.rebuild import rebuild, verify
from workers.watch_time.service import WatchTime

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
NAMES = {"user_id", "requested_by", "created_by", "by"}


@pytest.fixture(autouse=True)
async def school(sessions: Sessions) -> None:
    """Two students who watch the same: 1 and 2."""
    async with sessions.begin() as session:
        for name in ("ada", "grace"):
            session.add(
                User(
                    username=name,
                    username_key=name,
                    email=f"{name}@example.org",
                    email_key=f"{name}@example.org",
                    password_hash="secret-hash",
                    role="student",
                )
            )
            await session.flush()
        session.add(Course(course_title="Optics"))
        await session.flush()
        session.add(Video(course_id=1, title="Lenses", video_link="https://school.example/l", position=0))
        session.add_all([Registration(user_id=1, course_id=1), Registration(user_id=2, course_id=1)])
        await session.flush()
        await add_correction(session, 1, date(2026, 11, 23))
    assert await watch(sessions) == ["applied"] * 4


async def watch(sessions: Sessions) -> list[str]:
    events = [
        event
        for user_id in (1, 2)
        for event in (
            Play(event_id=uuid4(), user_id=user_id, video_id=1, at=NOON, received_at=NOON),
            Pause(
                event_id=uuid4(),
                user_id=user_id,
                video_id=1,
                at=NOON + timedelta(minutes=1),
                received_at=NOON,
            ),
        )
    ]
    return [answer.outcome for answer in await WatchTime(sessions, Policy(), utc_now).apply(events)]


def test_every_column_that_names_a_user_is_a_holding() -> None:
    columns = {
        (table.name, column.name)
        for table in Base.metadata.tables.values()
        for column in table.columns
        if column.name in NAMES or any(key.column.table.name == "users" for key in column.foreign_keys)
    }
    assert columns == {(holding.table, holding.column) for holding in HOLDINGS}


async def held(sessions: Sessions, user_id: int) -> dict[str, int]:
    async with sessions.begin() as session:
        return {
            holding.table: await session.scalar(
                text(f'SELECT count(*) FROM {holding.table} WHERE "{holding.column}" = {user_id}')
            )
            or 0
            for holding in HOLDINGS
            if holding.fate is Fate.DELETED
        }


async def exported(sessions: Sessions, user_id: int) -> str:
    async with sessions.begin() as session:
        user = await exporting.find(session, user_id)
        return b"".join([piece async for piece in exporting.export(session, user)]).decode()


async def test_an_export_holds_everything_about_one_user_and_nothing_about_others(sessions: Sessions) -> None:
    document = await exported(sessions, 1)
    content = json.loads(document)
    assert content["user"]["username"] == "ada"
    assert len(content["progress_events"]) == 2
    assert [row["watch_time"] for row in content["progress"]] == ["PT60S"]
    assert [len(content[name]) for name in ("registrations", "attendance", "attendance_corrections")] == [
        1,
        1,
        1,
    ]
    assert len(content["attendance_audit"]) == 1
    assert "grace" not in document
    assert "secret-hash" not in document
    assert {row["user_id"] for row in content["progress_events"]} == {1}


async def test_what_is_erased_is_gone_and_no_rebuild_or_event_brings_it_back(sessions: Sessions) -> None:
    others = await held(sessions, 2)
    async with sessions.begin() as session:
        deleted = await erasing.erase(session, 1)
    assert deleted["progress_events"] == 2
    assert set((await held(sessions, 1)).values()) == {0}
    assert await held(sessions, 2) == others
    assert await watch(sessions) == ["rejected"] * 2 + ["applied"] * 2
    assert [users async for users in rebuild(sessions, Policy())] != []
    assert set((await held(sessions, 1)).values()) == {0}
    assert [found async for _, found in verify(sessions, Policy()) if found] == []


async def test_nothing_personal_is_left(sessions: Sessions) -> None:
    async with sessions.begin() as session:
        await session.execute(
            text("UPDATE attendance_corrections SET reason = 'ada was ill' WHERE user_id = 1")
        )
        await erasing.erase(session, 1)
    async with sessions.begin() as session:
        for table in Base.metadata.tables.values():
            rows = [str(row) for row in await session.execute(table.select())]
            assert not [row for row in rows if "ada" in row or "ill" in row], table.name
        entry = (await session.execute(text("SELECT user_id, reason FROM attendance_audit"))).one()
    assert tuple(entry) == (1, None)
    with pytest.raises(NotFound):
        await exported(sessions, 1)


async def test_nobody_is_erased_twice(sessions: Sessions) -> None:
    async with sessions.begin() as session:
        await erasing.erase(session, 1)
        with pytest.raises(Conflict):
            await erasing.erase(session, 1)
        with pytest.raises(NotFound):
            await erasing.erase(session, 999)


async def test_the_audit_lets_go_of_reasons_alone(sessions: Sessions) -> None:
    for change in (
        "UPDATE attendance_audit SET new_status = 'absent', reason = NULL",
        "DELETE FROM attendance_audit",
    ):
        with pytest.raises(DBAPIError, match="only ever added to"):
            async with sessions.begin() as session:
                await session.execute(text(change))

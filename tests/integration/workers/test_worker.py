"""The worker's way to the database, when that way dies in silence."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from random import Random
from uuid import uuid4

import pytest
from pydantic import SecretStr
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from core.database import Sessions, close, make_engine
from core.policy import Policy
from core.settings import Settings
from core.tables import ProgressEvent
from events.applying import Busy
from events.schemas import Event, Heartbeat, Pause, Play
from tests.chaos.network import Wire
from tests.integration.workers.school import differences
from tests.people import add_students, add_videos
from workers.watch_time.worker import ApplyPolicy, handler, worker_engine

NOON = datetime(2025, 6, 12, 12, tzinfo=UTC)
STUDENTS = 20
_WAITING = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
IMPATIENT = ApplyPolicy(within=timedelta(seconds=1), within_at_most=timedelta(seconds=2))


@pytest.fixture
async def wire(settings: Settings) -> AsyncIterator[Wire]:
    wire = Wire.to(settings.database_url.get_secret_value())
    wire.mend()
    yield wire
    wire.cut()


@pytest.fixture
async def engine_behind(wire: Wire, settings: Settings, sessions: Sessions) -> AsyncEngine:
    url = SecretStr(wire.url(settings.database_url.get_secret_value()))
    return make_engine(settings.model_copy(update={"database_url": url}))


async def test_a_connection_that_died_in_silence_is_replaced(wire: Wire, engine_behind: AsyncEngine) -> None:
    handle = handler(engine_behind, Policy(), IMPATIENT)
    event = Play(event_id=uuid4(), user_id=1, video_id=1, at=NOON, received_at=NOON)
    assert len(await handle([event], awaited=True)) == 1
    wire.forget()
    with pytest.raises(Busy, match="within 1 s"):
        await handle([event], awaited=True)
    assert len(await handle([event], awaited=True)) == 1
    await close(engine_behind)


async def test_closing_does_not_wait_for_connections_that_died_in_silence(
    wire: Wire, engine_behind: AsyncEngine
) -> None:
    async with engine_behind.connect():
        pass
    wire.forget()
    await asyncio.wait_for(close(engine_behind), 10)


async def test_a_transaction_that_died_in_silence_holds_its_locks_for_a_while_and_no_longer(
    wire: Wire, settings: Settings, sessions: Sessions
) -> None:
    url = SecretStr(wire.url(settings.database_url.get_secret_value()))
    engine = make_engine(settings.model_copy(update={"database_url": url}), silent_ms=500)
    lock = text("SELECT pg_advisory_lock(4711)")
    async with engine.connect() as dead:
        await dead.execute(lock)
        wire.forget()
        async with asyncio.timeout(10), sessions.begin() as session:
            await session.execute(text("SELECT pg_advisory_xact_lock(4711)"))
        await dead.invalidate()
    await close(engine)


async def test_two_workers_on_the_same_users_neither_wait_in_a_circle_nor_lose_anything(
    settings: Settings, sessions: Sessions
) -> None:
    """Users, and the events of each, lie differently in every batch; both workers see all users all the time."""
    async with sessions.begin() as session:
        await add_students(session, STUDENTS)
        await add_videos(session, 3)
    events, order = lessons(), Random(7)
    order.shuffle(events)
    batches = [events[first : first + 60] for first in range(0, len(events), 60)]
    engines = [worker_engine(settings) for _ in range(2)]

    async def work(engine: AsyncEngine) -> None:
        handle = handler(engine, Policy())
        while batches:
            await handle(batches.pop(), awaited=False)

    async with sessions.begin() as session:  # so that both are in the midst of locking when they are let go
        await session.execute(text("SELECT FROM users WHERE id = :id FOR UPDATE"), {"id": STUDENTS // 2})
        working = asyncio.gather(*(work(engine) for engine in engines))
        async with asyncio.timeout(10):
            while await session.scalar(_WAITING) < 2:
                await asyncio.sleep(0.01)
    await working
    for engine in engines:
        await close(engine)
    assert not await differences(sessions, Policy())
    async with sessions.begin() as session:
        logged = await session.scalar(select(func.count()).select_from(ProgressEvent))
    assert logged == len(events)


async def test_whom_another_worker_has_locked_is_waited_for_by_nobody_else(
    settings: Settings, sessions: Sessions
) -> None:
    async with sessions.begin() as session:
        await add_students(session, 4)
        await add_videos(session, 1)
    batch = [heartbeat(user_id) for user_id in (1, 2, 3, 4, 5)]
    engine = worker_engine(settings)
    async with sessions.begin() as session:
        await session.execute(text("SELECT FROM users WHERE id IN (2, 4) FOR NO KEY UPDATE"))
        applying = asyncio.create_task(handler(engine, Policy())(batch, awaited=True))
        async with asyncio.timeout(10):
            while await session.scalar(_WAITING) < 1:
                await asyncio.sleep(0.01)
        logged = await session.scalars(select(ProgressEvent.user_id).order_by(ProgressEvent.user_id))
        assert logged.all() == [1, 3]
    answers = await applying
    await close(engine)
    assert [answer.event_id for answer in answers] == [event.event_id for event in batch]
    assert [answer.outcome for answer in answers] == ["applied"] * 4 + ["rejected"]
    assert all(answer.record for answer in answers[:4])


def heartbeat(user_id: int) -> Event:
    return Heartbeat(event_id=uuid4(), user_id=user_id, video_id=1, at=NOON, received_at=NOON)


def lessons() -> list[Event]:
    """Return what all students do in an hour: play, and pause a minute later, on one video after the other."""
    return [
        kind(
            event_id=uuid4(),
            user_id=user_id,
            video_id=number % 3 + 1,
            at=NOON + timedelta(minutes=2 * number + (kind is Pause)),
            received_at=NOON,
        )
        for user_id in range(1, STUDENTS + 1)
        for number in range(30)
        for kind in (Play, Pause)
    ]

"""The worker's way to the database, when that way dies in silence."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from pydantic import SecretStr
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from core.database import Sessions, close, make_engine
from core.policy import Policy
from core.settings import Settings
from events.handling import Busy
from events.schemas import Play
from tests.chaos.network import Wire
from workers.watch_time.worker import ApplyPolicy, handler

NOON = datetime(2025, 6, 12, 12, tzinfo=UTC)
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

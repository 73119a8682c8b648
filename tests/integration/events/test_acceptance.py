"""Events are accepted while the broker is away, and drained when it is back; without either, refused."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from aio_pika import connect
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from core.database import Sessions, close, make_engine, make_sessions
from core.settings import Settings
from core.tables import OutboxMessage
from events.acceptance import Acceptance, RelayPolicy
from events.outbox import Outbox, OutboxAway, OutboxFull, OutboxPolicy
from events.publisher import Publisher, PublishPolicy
from events.schemas import Play, decode
from events.topology import EVENTS, PROGRESS
from tests.chaos.network import Wire
from tests.proxy import Proxy

NOON = datetime(2025, 6, 12, 12, tzinfo=UTC)
SOON = 15
QUICK = PublishPolicy(confirm_within=timedelta(seconds=0.5))
OFTEN = RelayPolicy(while_waiting=timedelta(milliseconds=50), otherwise=timedelta(seconds=1))


def play() -> Play:
    return Play(event_id=uuid4(), user_id=1, video_id=1, at=NOON, received_at=NOON)


@pytest.fixture
def way(broker: str) -> Iterator[Proxy]:
    """A way to the broker that is cut at first."""
    proxy = Proxy.to(broker)
    yield proxy
    proxy.flow()
    proxy.cut()


@asynccontextmanager
async def accepting(
    url: str, sessions: Sessions, policy: OutboxPolicy | None = None
) -> AsyncIterator[Acceptance]:
    outbox = Outbox(sessions, policy or OutboxPolicy())
    acceptance = Acceptance(Publisher(url, policy=QUICK), outbox, OFTEN)
    await acceptance.start()
    try:
        yield acceptance
    finally:
        await acceptance.stop()


async def waiting(sessions: Sessions) -> int:
    async with sessions.begin() as session:
        return await session.scalar(select(func.coalesce(func.sum(OutboxMessage.events), 0))) or 0


async def in_queue(broker: str, expected: int) -> list[UUID]:
    """Return the ids of the events in the queue, once there are so many."""
    found: list[UUID] = []
    async with await connect(broker) as connection, connection.channel() as channel:
        queue = await channel.get_queue(PROGRESS.name)
        async with asyncio.timeout(SOON):
            while len(found) < expected:
                message = await queue.get(fail=False, no_ack=True)
                if message is None:
                    await asyncio.sleep(0.02)
                else:
                    found += [event.event_id for event in decode(message.body)]
    return found


async def until_empty(sessions: Sessions) -> None:
    async with asyncio.timeout(SOON):
        while await waiting(sessions):
            await asyncio.sleep(0.02)


async def until_ready(acceptance: Acceptance) -> None:
    async with asyncio.timeout(SOON):
        while not acceptance.ready:
            await asyncio.sleep(0.01)


async def accept_each(acceptance: Acceptance, events: Sequence[Play]) -> list[bool]:
    return await asyncio.gather(*(acceptance.accept([event]) for event in events))


async def test_with_the_broker_nothing_goes_to_the_outbox(
    way: Proxy, broker: str, sessions: Sessions
) -> None:
    way.mend()
    events = [play() for _ in range(10)]
    async with accepting(way.url(broker), sessions) as acceptance:
        await until_ready(acceptance)
        assert await accept_each(acceptance, events) == [True] * 10
    assert await waiting(sessions) == 0
    assert set(await in_queue(broker, 10)) == {event.event_id for event in events}


async def test_without_the_broker_events_wait_and_are_drained_when_it_is_back(
    way: Proxy, broker: str, sessions: Sessions
) -> None:
    events = [play() for _ in range(100)]
    async with accepting(way.url(broker), sessions) as acceptance:
        assert await accept_each(acceptance, events) == [False] * 100
        assert await waiting(sessions) == 100
        async with sessions.begin() as session:
            assert (await session.scalar(select(func.count()).select_from(OutboxMessage)) or 0) < 50
        way.mend()
        assert set(await in_queue(broker, 100)) == {event.event_id for event in events}
        await until_empty(sessions)


async def test_what_an_earlier_process_left_is_drained_by_the_next(
    way: Proxy, broker: str, sessions: Sessions
) -> None:
    event = play()
    async with accepting(way.url(broker), sessions) as acceptance:
        await acceptance.accept([event])
    way.mend()
    async with accepting(way.url(broker), sessions):
        assert await in_queue(broker, 1) == [event.event_id]


async def test_a_broker_that_hangs_costs_one_deadline_and_not_one_a_request(
    way: Proxy, broker: str, sessions: Sessions
) -> None:
    way.mend()
    first, others = play(), [play() for _ in range(20)]
    async with accepting(way.url(broker), sessions) as acceptance:
        await until_ready(acceptance)
        way.stall()
        assert await acceptance.accept([first]) is False
        began = time.monotonic()
        assert await accept_each(acceptance, others) == [False] * 20
        assert time.monotonic() - began < QUICK.confirm_within.total_seconds()
        way.flow()
        await until_ready(acceptance)
        assert await acceptance.accept([play()]) is True
        await until_empty(sessions)
    assert {event.event_id for event in (first, *others)} <= set(await in_queue(broker, 22))


async def test_a_message_that_reaches_no_queue_is_not_accepted_and_the_binding_is_made_anew(
    way: Proxy, broker: str, sessions: Sessions
) -> None:
    way.mend()
    event = play()
    async with accepting(way.url(broker), sessions) as acceptance:
        await until_ready(acceptance)
        async with await connect(broker) as connection, connection.channel() as channel:
            queue = await channel.get_queue(PROGRESS.name)
            await queue.unbind(EVENTS.name, PROGRESS.routing_key)
        assert await acceptance.accept([event]) is False
        await until_ready(acceptance)
    assert await in_queue(broker, 1) == [event.event_id]


async def test_several_processes_drain_side_by_side_without_sending_twice(
    way: Proxy, broker: str, sessions: Sessions
) -> None:
    events = [play() for _ in range(60)]
    async with accepting(way.url(broker), sessions) as acceptance:
        for event in events:
            await acceptance.accept([event])
    way.mend()
    async with accepting(way.url(broker), sessions), accepting(way.url(broker), sessions):
        found = await in_queue(broker, 60)
        await asyncio.sleep(0.3)
    assert sorted(found) == sorted(event.event_id for event in events)


async def test_beyond_its_bound_nothing_more_is_taken(way: Proxy, broker: str, sessions: Sessions) -> None:
    policy = OutboxPolicy(events=3, count_every=timedelta())
    async with accepting(way.url(broker), sessions, policy) as acceptance:
        await acceptance.accept([play(), play()])
        with pytest.raises(OutboxFull):
            await acceptance.accept([play(), play()])
        await acceptance.accept([play()])
    assert await waiting(sessions) == 3


async def test_without_broker_and_database_nothing_is_accepted(
    way: Proxy, broker: str, settings: Settings, sessions: Sessions
) -> None:
    database = Proxy.to(settings.database_url.get_secret_value())
    engine: AsyncEngine = make_engine(
        settings.model_copy(
            update={
                "database_url": type(settings.database_url)(
                    database.url(settings.database_url.get_secret_value())
                )
            }
        )
    )
    event = play()
    async with accepting(way.url(broker), make_sessions(engine)) as acceptance:
        with pytest.raises(OutboxAway):
            await acceptance.accept([event])
        database.mend()
        assert await acceptance.accept([event]) is False
    database.cut()
    await engine.dispose()
    assert await waiting(sessions) == 1


async def test_a_broker_that_is_back_is_used_though_the_database_is_away(
    way: Proxy, broker: str, settings: Settings, sessions: Sessions
) -> None:
    url = Proxy.to(settings.database_url.get_secret_value()).url(settings.database_url.get_secret_value())
    engine = make_engine(settings.model_copy(update={"database_url": type(settings.database_url)(url)}))
    async with accepting(way.url(broker), make_sessions(engine)) as acceptance:
        with pytest.raises(OutboxAway):
            await acceptance.accept([play()])
        way.mend()
        async with asyncio.timeout(SOON):
            while not acceptance.ready:
                await asyncio.sleep(0.05)
        assert await acceptance.accept([play()]) is True
    await engine.dispose()


async def test_a_database_connection_that_died_in_silence_keeps_no_drain_for_ever(
    settings: Settings, sessions: Sessions
) -> None:
    wire = Wire.to(settings.database_url.get_secret_value())
    wire.mend()
    url = type(settings.database_url)(wire.url(settings.database_url.get_secret_value()))
    engine = make_engine(settings.model_copy(update={"database_url": url}), pool_size=1)
    outbox = Outbox(make_sessions(engine), OutboxPolicy(drain_within=timedelta(seconds=1)))
    forwarded: list[int] = []

    async def forward(_body: bytes, events: int) -> None:
        forwarded.append(events)

    await outbox.start()
    await outbox.put([play()])
    wire.forget()
    with pytest.raises(TimeoutError):
        await outbox.drain(forward)
    assert await outbox.drain(forward) == 1
    assert forwarded == [1]
    await outbox.stop()
    await close(engine)
    wire.cut()

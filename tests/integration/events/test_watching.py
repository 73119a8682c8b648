"""What asks the broker again and again, for months, keeps nothing of it: no channel that is opened is ever forgotten."""

import asyncio
import gc
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from aio_pika.abc import AbstractConnection
from aio_pika.tools import OneShotCallback

from events.link import LINK, end, keep_connected
from events.queues import QueueWatch
from tests.integration.events.test_round_trip import Recorder, consuming, until

OFTEN = timedelta(milliseconds=10)
TIMES = 20


def channels_kept() -> int:
    """Return how many channels the client library remembers: it has one such thing for each."""
    gc.collect()
    return sum(isinstance(thing, OneShotCallback) for thing in gc.get_objects())


async def keeps_nothing(asked: Callable[[], object]) -> None:
    """Wait until something was asked many times, and look what was kept."""
    await until(asked)
    before = channels_kept()
    for _ in range(TIMES):
        await asyncio.sleep(OFTEN.total_seconds())
        await until(asked)
    assert channels_kept() == before


async def test_looking_at_the_queues(broker: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("events.queues.LOOK_EVERY", OFTEN)
    watch = QueueWatch(broker)
    await watch.start()
    await keeps_nothing(lambda: watch.states)
    await watch.stop()


async def test_asking_whether_the_broker_answers(broker: str) -> None:
    connections: list[AbstractConnection] = []

    async def use(connection: AbstractConnection) -> None:
        connections.append(connection)
        await connection.closed()

    link = asyncio.create_task(keep_connected(broker, "test", use, replace(LINK, ask_every=OFTEN)))
    await until(lambda: connections)
    await asyncio.sleep(TIMES * OFTEN.total_seconds())
    await keeps_nothing(lambda: connections)
    assert len(connections) == 1
    await end(link)


async def test_looking_whether_the_queue_is_consumed(broker: str) -> None:
    handle = Recorder()
    async with consuming(broker, handle, look_every=OFTEN):  # type: ignore[arg-type]
        await asyncio.sleep(TIMES * OFTEN.total_seconds())
        await keeps_nothing(lambda: True)

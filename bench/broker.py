"""Filling and emptying the progress queue."""

import asyncio
from collections.abc import Iterable, Sequence
from datetime import timedelta
from itertools import cycle

import aio_pika

from events.declare import declare_topology
from events.publisher import Publisher, PublishPolicy
from events.schemas import Event, encode
from events.topology import PROGRESS

CONNECT_SECONDS = 10
AT_ONCE = 200
PATIENT = PublishPolicy(confirm_within=timedelta(minutes=1))


def purge(url: str) -> None:
    """Throw away what waits in the queue."""
    asyncio.run(_purge(url))


def fill(url: str, events: Sequence[Event], sizes: Iterable[int]) -> None:
    """Put events into the queue through our publisher, in messages of these sizes, again and again."""
    asyncio.run(_fill(url, events, sizes))


async def _purge(url: str) -> None:
    async with await aio_pika.connect(url) as connection, connection.channel() as channel:
        await declare_topology(channel)
        await (await channel.get_queue(PROGRESS.name)).purge()


async def _fill(url: str, events: Sequence[Event], sizes: Iterable[int]) -> None:
    publisher = Publisher(url, policy=PATIENT)
    await publisher.start()
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            while not publisher.connected:  # noqa: ASYNC110 - it tells nobody
                await asyncio.sleep(0.01)
        messages, first = [], 0
        for size in cycle(sizes):
            messages.append(events[first : first + size])
            first += size
            if first >= len(events):
                break
        for number in range(0, len(messages), AT_ONCE):
            some = messages[number : number + AT_ONCE]
            await asyncio.gather(*(publisher.forward(encode(message), len(message)) for message in some))
    finally:
        await publisher.stop()

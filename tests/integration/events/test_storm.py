"""Connections that are cut again and again, at any moment of what they do: everything finds back."""

import asyncio
from datetime import timedelta
from random import Random

import pytest
from aio_pika.abc import AbstractConnection

from events.consumer import Consumer
from events.link import LinkPolicy, keep_connected
from events.publisher import Publisher
from events.queues import QueueWatch
from events.replies import Replies
from events.sender import Sender
from events.submissions import PublishFailed
from tests.integration.events.test_round_trip import Recorder, play, until
from tests.proxy import Proxy

CUTS = 40
SEED = 20_261_123
FAST = LinkPolicy(shortest_wait=timedelta(milliseconds=10), longest_wait=timedelta(milliseconds=20))


async def test_every_link_survives_being_cut_at_any_moment(broker: str) -> None:
    way, random, handle = Proxy.to(broker), Random(SEED), Recorder()
    url = way.url(broker)
    replies, watch, sender = Replies(url), QueueWatch(url), Sender(url)
    publisher = Publisher(url, lambda: replies.queue_name)
    consumer = Consumer(url, handle, sender)
    for part in (replies, watch, sender, publisher):
        await part.start()
    consuming = asyncio.create_task(consumer.run())
    for _ in range(CUTS):
        way.mend()
        await asyncio.sleep(random.uniform(0, 0.4))
        way.cut()
    way.mend()

    await until(lambda: publisher.connected and replies.queue_name and watch.consumers)
    event = play()
    async with asyncio.timeout(10):
        while event.event_id not in handle.applied:
            try:
                await publisher.publish([event], awaited=True)
            except PublishFailed:
                await asyncio.sleep(0.1)
            await asyncio.sleep(0.05)
    assert not consuming.done()

    consumer.stop()
    await asyncio.wait_for(consuming, 10)
    for part in (publisher, sender, watch, replies):
        await asyncio.wait_for(part.stop(), 10)
    way.cut()


async def test_whatever_is_raised_on_a_connection_that_is_gone_is_the_loss_of_it(broker: str) -> None:
    errors = [Exception(), RuntimeError(), asyncio.CancelledError()]
    connected = asyncio.Event()

    async def use(connection: AbstractConnection) -> None:
        if not errors:
            connected.set()
            await asyncio.sleep(60)
        await connection.close()
        raise errors.pop()

    link = asyncio.create_task(keep_connected(broker, "test", use, FAST))
    await asyncio.wait_for(connected.wait(), 10)
    link.cancel()
    with pytest.raises(asyncio.CancelledError):
        await link


async def test_what_is_raised_on_a_connection_that_stands_is_a_bug(broker: str) -> None:
    async def use(_connection: AbstractConnection) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await asyncio.wait_for(keep_connected(broker, "test", use, FAST), 10)

"""Connections that are cut again and again, at any moment of what they do: everything finds back."""

import asyncio
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest
from aio_pika import connect
from aio_pika.abc import AbstractConnection

from events.consumer import Consumer
from events.link import LINK, LinkPolicy, end, keep_connected, open_connection
from events.publisher import Publisher
from events.queues import QueueWatch
from events.replies import Replies
from events.sender import Sender
from events.submissions import PublishFailed
from events.topology import PROGRESS
from tests.chaos.network import Wire
from tests.integration.events.test_round_trip import Recorder, until
from tests.letters import play
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


async def test_a_connection_that_died_in_silence_is_given_up(broker: str) -> None:
    way, connections = Wire.to(broker), 0
    policy = replace(FAST, ask_every=timedelta(milliseconds=50), answer_within=timedelta(seconds=0.5))

    async def use(connection: AbstractConnection) -> None:
        nonlocal connections
        connections += 1
        await connection.closed()

    way.mend()
    link = asyncio.create_task(keep_connected(way.url(broker), "test", use, policy))
    for expected in (1, 2, 3):
        await until(lambda expected=expected: connections == expected)
        await asyncio.sleep(1)
        assert connections == expected
        way.forget()
    await end(link)
    way.cut()


async def test_every_worker_consumes_again_after_the_queue_was_deleted(broker: str) -> None:
    """Each has to notice by itself: the first that is back makes it look as if nothing were missing."""
    sender, publisher, handles = Sender(broker), Publisher(broker), [Recorder() for _ in range(3)]
    workers = [Consumer(broker, handle, sender) for handle in handles]
    await sender.start()
    await publisher.start()
    await until(lambda: publisher.connected)

    async def all_work() -> None:
        for handle in handles:
            handle.batches.clear()
        async with asyncio.timeout(15):
            while not all(handle.applied for handle in handles):
                await asyncio.sleep(0.02)
                with suppress(PublishFailed):
                    await publisher.publish([play()])

    consuming = []
    for worker in workers:
        consuming.append(asyncio.create_task(worker.run()))
        await asyncio.sleep(1)  # so that they do not all look at the same time
    await all_work()
    async with await connect(broker) as connection, connection.channel() as channel:
        await channel.queue_delete(PROGRESS.name)
    await all_work()
    for worker in workers:
        worker.stop()
    await asyncio.wait_for(asyncio.gather(*consuming), 10)
    await publisher.stop()
    await sender.stop()


async def test_broker_and_client_agree_on_how_soon_a_dead_link_is_noticed(broker: str) -> None:
    """The broker closes what is silent for two to three heartbeats, and only then gives back what it held."""
    async with await open_connection(broker, "test") as connection:
        assert connection.transport is not None
        assert connection.transport.connection.connection_tune.heartbeat == LINK.heartbeat.total_seconds()


async def test_what_is_raised_on_a_connection_that_stands_is_a_bug(broker: str) -> None:
    async def use(_connection: AbstractConnection) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await asyncio.wait_for(keep_connected(broker, "test", use, FAST), 10)

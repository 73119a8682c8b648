"""Connections that are cut again and again, at any moment of what they do: everything finds back."""

import asyncio
from random import Random

from events.consumer import Consumer
from events.publisher import Publisher
from events.queues import QueueWatch
from events.replies import Replies
from events.sender import Sender
from events.submissions import PublishFailed
from tests.integration.events.test_round_trip import Recorder, play, until
from tests.proxy import Proxy

CUTS = 40
SEED = 20_261_123


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

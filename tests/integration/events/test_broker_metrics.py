"""What the real plugin tells of a queue with known traffic."""

import asyncio
import os

import pytest
from aio_pika import Message, connect
from aio_pika.abc import AbstractIncomingMessage, AbstractQueue

from events.broker_metrics import BrokerMetrics, http_client
from events.declare import declare_topology
from events.topology import IMPORTS, IMPORTS_DEAD_LETTERS, TASKS
from stack.servers import Servers

PUBLISHED, ACKED, REFUSED = 12, 6, 2
HELD = PUBLISHED - ACKED - REFUSED
SOON = 20
"""RabbitMQ takes what is unacked, and how much there is, every five seconds."""


async def test_unacked_and_rates_of_a_queue_and_its_dead_letters(servers: Servers) -> None:
    # What was purged a moment ago is still in RabbitMQ's numbers: a vhost of its own has no past.
    broker = servers.add_vhost(f"rates_{os.getpid()}")
    metrics = BrokerMetrics(broker, [servers.rabbitmq_metrics_url])

    def seen(name: str) -> tuple[int, float, float]:
        traffic = metrics.of(name)
        return (traffic.unacked, traffic.in_rate or 0, traffic.out_rate or 0) if traffic else (0, 0, 0)

    async with http_client() as http, await connect(broker) as receiver, asyncio.timeout(SOON):
        channel = await receiver.channel()
        await declare_topology(channel)
        while metrics.of(IMPORTS_DEAD_LETTERS.name) is None:
            await asyncio.sleep(0.2)
            await metrics.ask(http)
        async with await connect(broker) as sender, sender.channel() as sending:
            exchange = await sending.get_exchange(TASKS.name)
            for _ in range(PUBLISHED):
                await exchange.publish(Message(b"task"), IMPORTS.routing_key)
            await channel.set_qos(prefetch_count=PUBLISHED)
            taken = await take(await channel.get_queue(IMPORTS.name))
            for message in taken[:ACKED]:
                await message.ack()
            for message in taken[ACKED : ACKED + REFUSED]:
                await message.reject()
            await metrics.ask(http)
        while seen(IMPORTS.name)[0] != HELD or not seen(IMPORTS_DEAD_LETTERS.name)[1]:
            await asyncio.sleep(0.2)
            await metrics.ask(http)
    _, went_in, went_out = seen(IMPORTS.name)
    assert went_out / went_in == pytest.approx(ACKED / PUBLISHED), "the sender's channel has gone meanwhile"
    assert seen(IMPORTS_DEAD_LETTERS.name)[1] / went_in == pytest.approx(REFUSED / PUBLISHED)
    assert seen(IMPORTS_DEAD_LETTERS.name)[::2] == (0, 0)


async def take(queue: AbstractQueue) -> list[AbstractIncomingMessage]:
    taken: asyncio.Queue[AbstractIncomingMessage] = asyncio.Queue()
    await queue.consume(taken.put)
    return [await taken.get() for _ in range(PUBLISHED)]

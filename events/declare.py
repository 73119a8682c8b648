"""Making the broker look like `events.topology`; harmless when it does."""

import logging

from aio_pika import ExchangeType
from aio_pika.abc import AbstractChannel
from aio_pika.exceptions import ChannelPreconditionFailed

from events.topology import EXCHANGES, QUEUES

log = logging.getLogger(__name__)


async def declare_topology(channel: AbstractChannel) -> None:
    """Declare every exchange and queue and bind them.

    Raises:
        aio_pika.exceptions.ChannelPreconditionFailed: the broker has one with other arguments.

    """
    try:
        for exchange in EXCHANGES:
            await channel.declare_exchange(exchange.name, ExchangeType.DIRECT, durable=True)
        for queue in QUEUES:
            declared = await channel.declare_queue(queue.name, durable=True, arguments=dict(queue.arguments))
            await declared.bind(queue.exchange.name, queue.routing_key)
    except ChannelPreconditionFailed as error:
        log.critical(
            "the broker has a queue of another version's making (%s): drain and delete it; it is made anew",
            error,
        )
        raise

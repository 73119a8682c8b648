"""What the broker has delivered to one consumer and nobody has taken yet."""

import asyncio
from collections import deque
from collections.abc import Sequence
from typing import Self

from aio_pika.abc import AbstractChannel, AbstractIncomingMessage, AbstractQueue
from aio_pika.exceptions import ChannelNotFoundEntity
from aiormq import spec

from events.topology import Queue

EVENT_BYTES = 300
"""About what an event takes in a message; batches are sized by it before they are decoded."""


class Inbox:
    """Gathers deliveries of one channel; bounded by how many messages the broker delivers ahead."""

    def __init__(self, channel: AbstractChannel, queue: AbstractQueue, events: int) -> None:
        self._channel = channel
        self._queue = queue
        self._batch_bytes = events * EVENT_BYTES
        self._delivered: deque[AbstractIncomingMessage] = deque()
        self._unacknowledged: dict[int, AbstractIncomingMessage] = {}
        self._arrived = asyncio.Event()
        self._prefetch = 0
        self.message_bytes = 0.0
        """About how large messages are lately; a new batch makes up a quarter of it."""
        self._tag: str | None = None
        self.queue_gone = asyncio.Event()
        """Set when the queue was deleted: what was delivered before is nowhere else, and needs no ack."""

    @classmethod
    async def of(cls, channel: AbstractChannel, queue: Queue, events: int) -> Self:
        """Return the inbox of a queue, with batches of about so many events. Nothing is delivered yet."""
        inbox = cls(channel, await channel.get_queue(queue.name, ensure=False), events)
        underlay = await channel.get_underlay_channel()
        underlay.on_consumer_cancel_callbacks.add(inbox._is_cancelled)
        channel.close_callbacks.add(inbox._is_closed)
        return inbox

    @property
    def waiting(self) -> int:
        """How many messages are here."""
        return len(self._delivered)

    @property
    def unacknowledged(self) -> list[AbstractIncomingMessage]:
        """What the broker takes back when the channel closes, whether somebody took it or not."""
        return list(self._unacknowledged.values())

    @property
    def is_lost(self) -> bool:
        """Whether the broker has taken everything back."""
        return self._channel.is_closed and not self.queue_gone.is_set()

    async def consume(self, prefetch: int) -> None:
        """Let the broker deliver so many messages ahead; a consumer keeps the number it began with."""
        if prefetch == self._prefetch:
            return
        if self._tag is not None:
            await self._queue.cancel(self._tag)
        await self._channel.set_qos(prefetch_count=prefetch)
        self._tag = await self._queue.consume(self._deliver)
        self._prefetch = prefetch

    async def arrival(self) -> None:
        """Wait until there is a message to take."""
        await self._arrived.wait()

    def take(self) -> list[AbstractIncomingMessage]:
        """Return the first message and what waits behind it, up to a full batch."""
        batch = [self._delivered.popleft()]
        bytes_left = self._batch_bytes - len(batch[0].body)
        while bytes_left > 0 and self._delivered:
            batch.append(self._delivered.popleft())
            bytes_left -= len(batch[-1].body)
        if not self._delivered:
            self._arrived.clear()
        mean = sum(len(message.body) for message in batch) / len(batch)
        self.message_bytes += (mean - self.message_bytes) / 4 if self.message_bytes else mean
        return batch

    async def acknowledge(self, messages: Sequence[AbstractIncomingMessage], *, all_before: bool) -> None:
        """Acknowledge messages in one go where all that came before them are done as well."""
        chosen = messages[-1:] if all_before else messages
        for message in chosen:
            tag = message.delivery_tag or 0
            if not self.queue_gone.is_set():
                await message.channel.basic_ack(tag, multiple=all_before)
            done = [each for each in self._unacknowledged if each <= tag] if all_before else [tag]
            for each in done:
                self._unacknowledged.pop(each, None)

    async def _deliver(self, message: AbstractIncomingMessage) -> None:
        self._delivered.append(message)
        self._unacknowledged[message.delivery_tag or 0] = message
        self._arrived.set()

    def _is_cancelled(self, _frame: spec.Basic.Cancel) -> None:
        self.queue_gone.set()

    def _is_closed(self, _channel: AbstractChannel | None, error: BaseException | None) -> None:
        """Notice a queue that was deleted before its consumer heard of it: an ack then closes the channel."""
        if isinstance(error, ChannelNotFoundEntity):
            self.queue_gone.set()

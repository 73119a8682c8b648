"""One look into a dead-letter queue.

A quorum queue shows nothing without delivering it: letters are taken, left unacknowledged, and go back to
their places when the channel closes.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Self

from aio_pika.abc import AbstractChannel, AbstractConnection, AbstractExchange, AbstractIncomingMessage

from events.boxes import Box
from events.declare import declare_topology
from events.letters import again, id_of

ASK_EVERY_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class VisitPolicy:
    """How much one visit looks at, and for how long."""

    most: int
    """Letters looked at, the oldest; the broker hands out at most 65,535 ahead."""
    within: timedelta
    wait_for_turn: timedelta
    together: int = 100
    """Letters written down in one transaction and sent side by side."""
    silence: timedelta = timedelta(seconds=1)
    """After which letters that were counted must be in the hands of some other consumer."""


REQUEST = VisitPolicy(most=2_000, within=timedelta(seconds=2), wait_for_turn=timedelta(milliseconds=500))
COMMAND = VisitPolicy(most=60_000, within=timedelta(minutes=10), wait_for_turn=timedelta(seconds=5))


class Visit:
    """One look into one queue. `total` letters were in it at its beginning.

    `is_barred` where somebody else still had them then: a look that was cut short has them until the broker
    notices, and what it has is not counted.
    """

    def __init__(
        self, connection: AbstractConnection, channel: AbstractChannel, box: Box, policy: VisitPolicy
    ) -> None:
        self.total = 0
        self.is_barred = False
        self._connection = connection
        self._channel = channel
        self._box = box
        self._policy = policy
        self._sending: AbstractChannel | None = None

    async def begin(self) -> Self:
        """Count the letters, once nobody else has any; wait for that as long as for a turn."""
        await declare_topology(self._channel)
        give_up_at = time.monotonic() + self._policy.wait_for_turn.total_seconds()
        while True:
            queue = await self._channel.declare_queue(self._box.queue.name, passive=True)
            self.total = queue.declaration_result.message_count or 0
            self.is_barred = bool(queue.declaration_result.consumer_count)
            if not self.is_barred or time.monotonic() > give_up_at:
                return self
            await asyncio.sleep(ASK_EVERY_SECONDS)

    async def take(self, ahead: int | None = None) -> AsyncIterator[AbstractIncomingMessage]:
        """Yield the letters that were there at the beginning, unacknowledged.

        Where `ahead` is given, no more than so many may be left unacknowledged.
        """
        most = min(self.total, self._policy.most)
        if not most:
            return
        taken: asyncio.Queue[AbstractIncomingMessage] = asyncio.Queue()
        await self._channel.set_qos(prefetch_count=ahead or most)
        queue = await self._channel.get_queue(self._box.queue.name, ensure=False)
        await queue.consume(taken.put)
        for _ in range(most):
            message = await self._next(taken)
            if message is None:
                return
            yield message

    async def choose(
        self, letter_id: str | None, *, keep: bool
    ) -> AsyncIterator[list[AbstractIncomingMessage]]:
        """Yield the letters with an id, or all, in batches; each is to be acknowledged, unless `keep`."""
        together = self._policy.together
        batch: list[AbstractIncomingMessage] = []
        async for message in self.take(None if keep or letter_id else together):
            if letter_id is None or id_of(message) == letter_id:
                batch.append(message)
            if len(batch) == together:
                yield batch
                batch = []
        if batch:
            yield batch

    async def send_back(self, batch: Sequence[AbstractIncomingMessage]) -> None:
        """Publish letters to where they came from; acknowledge each that is durable there.

        Raises:
            events.link.LOST: not all of them are.

        """
        exchange = await self._exchange()
        outcomes = await asyncio.gather(
            *(self._send(exchange, message) for message in batch), return_exceptions=True
        )
        sent = [message for message, outcome in zip(batch, outcomes, strict=True) if outcome is None]
        await self.throw_away(sent)
        for outcome in outcomes:
            if outcome is not None:
                raise outcome

    async def throw_away(self, batch: Sequence[AbstractIncomingMessage]) -> None:
        """Acknowledge letters, which is the end of them."""
        for message in batch:
            await message.ack()

    async def _exchange(self) -> AbstractExchange:
        if self._sending is None:
            self._sending = await self._connection.channel(publisher_confirms=True, on_return_raises=True)
        return await self._sending.get_exchange(self._box.origin.exchange.name, ensure=False)

    async def _send(self, exchange: AbstractExchange, message: AbstractIncomingMessage) -> None:
        await exchange.publish(again(message), self._box.origin.routing_key, mandatory=True)

    async def _next(self, taken: asyncio.Queue[AbstractIncomingMessage]) -> AbstractIncomingMessage | None:
        """Return the next letter, or None where another consumer must have the rest."""
        try:
            async with asyncio.timeout(self._policy.silence.total_seconds()):
                return await taken.get()
        except TimeoutError:
            if self._channel.is_closed:
                raise ConnectionResetError from None
            return None

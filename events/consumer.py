"""From the progress queue to a handler: gather, decode, handle, answer, acknowledge.

Deliveries are only put into an inbox by the client library's callbacks; this module's own loop takes what
has gathered there while the last batch was handled, so that a lone event never waits and a backlog comes in
large batches. The acknowledgement is the last step: whatever dies before it sees the same messages again,
and what it did twice counts once, because the log knows every event.

A crash returns every message a worker holds, and the broker counts that against each of them. So messages
that came back are taken one at a time, until one arrives that did not: a message that ends workers then is
the only one it is counted against.
"""

import asyncio
import logging
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

from aio_pika.abc import AbstractChannel, AbstractConnection, AbstractIncomingMessage, AbstractQueue

from events.declare import declare_topology
from events.flow import NO_METER, Meter
from events.handling import Abandoned, Delivery, Handler, Handling
from events.link import LINK, LOST, disconnect, end, keep_connected, lost
from events.sender import Sender
from events.topology import PROGRESS

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class BatchPolicy:
    """How much is taken at once."""

    prefetch_messages: int = 100
    events: int = 500
    """No further message joins a batch that has as many events."""
    look_every: timedelta = timedelta(seconds=5)
    stand_still: timedelta = timedelta(minutes=5)
    """How long nothing is taken where nothing could be applied."""
    prefetch_past_failures: int = 2_000
    """While messages are held back, so that those behind them are reached."""


BATCHES = BatchPolicy()


class NothingApplies(Exception):
    """As much is held back as may be, and nothing that came behind it could be applied."""


class Consumer:
    """Consumes the progress queue until it is stopped; finds its way back to the broker by itself."""

    def __init__(
        self,
        url: str,
        handle: Handler,
        sender: Sender,
        *,
        meter: Meter = NO_METER,
        policy: BatchPolicy = BATCHES,
        handling: Handling | None = None,
    ) -> None:
        self._url = url
        self._handling = handling or Handling(handle, sender, meter)
        self._meter = meter
        self._policy = policy
        self._stopping = asyncio.Event()
        self._idle = asyncio.Lock()
        """Held while a batch is handled: who takes it knows that none is torn apart."""

    def stop(self) -> None:
        """Take nothing more, finish the batch at hand, and let `run` return."""
        self._stopping.set()

    async def run(self) -> None:
        """Consume until `stop`.

        Raises:
            Exception: a bug of the handler's.

        """
        while not self._stopping.is_set():
            try:
                await self._run()
            except NothingApplies:
                await self._stand_still()

    async def _run(self) -> None:
        link = asyncio.create_task(keep_connected(self._url, "edutrack progress worker", self._serve))
        stopping = asyncio.create_task(self._stopping.wait())
        await asyncio.wait({link, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        async with self._idle:
            link.cancel()
        await disconnect(link)

    async def _stand_still(self) -> None:
        """Leave everything in the queue for a while: each message that is taken and returned is counted."""
        wait = self._policy.stand_still
        log.critical("none of the events can be applied: consuming nothing for %d s", wait.total_seconds())
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), wait.total_seconds())

    async def _serve(self, connection: AbstractConnection) -> None:
        channel = await connection.channel()
        await declare_topology(channel)
        queue = await channel.get_queue(PROGRESS.name, ensure=False)
        tasks = [
            asyncio.create_task(self._work(_Inbox(channel, queue, self._policy))),
            asyncio.create_task(self._watch(connection)),
            asyncio.create_task(_cancelled(channel)),
            asyncio.create_task(lost(connection, channel)),
        ]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            async with self._idle:
                await end(*tasks)
            self._handling.let_go()
            self._meter.holds(0)
        for task in tasks:
            if not task.cancelled():
                with suppress(*LOST, Abandoned):
                    task.result()

    async def _watch(self, connection: AbstractConnection) -> None:
        """Return when nobody consumes the queue any more: consumers have been lost without a word.

        Also when messages have been held back for so long that the broker is about to take them.
        """
        while not self._handling.holds_too_long:
            await asyncio.sleep(self._policy.look_every.total_seconds())
            async with (
                asyncio.timeout(LINK.connect_within.total_seconds()),
                connection.channel() as channel,
            ):
                found = await channel.declare_queue(PROGRESS.name, passive=True)
            if not found.declaration_result.consumer_count:
                log.warning("the queue has no consumer although this worker is one: consuming anew")
                return

    async def _work(self, inbox: "_Inbox") -> None:
        await inbox.consume(1)
        while True:
            messages = await inbox.take()
            async with self._idle:
                if self._stopping.is_set():
                    return
                await self._finish(messages, inbox)

    async def _finish(self, messages: Sequence[AbstractIncomingMessage], inbox: "_Inbox") -> None:
        """Finish what came for the first time as one batch, then each of the others by itself."""
        deliveries = [await self._handling.open(message) for message in messages]
        self._meter.holds(len(deliveries) + inbox.waiting)
        fresh = [delivery for delivery in deliveries if not delivery.message.redelivered]
        suspects = [delivery for delivery in deliveries if delivery.message.redelivered]
        if fresh:
            await self._handling.finish(fresh, lambda: self._must_let_go(inbox))
            await self._acknowledge(fresh, inbox, all_before=not suspects)
        for suspect in suspects:
            await self._handling.finish_suspect(suspect, lambda: self._must_let_go(inbox))
            await self._acknowledge([suspect], inbox, all_before=False)
        await inbox.acknowledge(await self._handling.release(), all_before=False)
        if self._handling.holds_too_much:
            raise NothingApplies
        self._meter.holds(inbox.waiting)
        await inbox.consume(self._prefetch(careful=bool(suspects)))

    async def _acknowledge(self, done: Sequence[Delivery], inbox: "_Inbox", *, all_before: bool) -> None:
        """Acknowledge what was finished, but for what is held back."""
        messages = [each.message for each in done if not self._handling.is_held_back(each.message)]
        await inbox.acknowledge(messages, all_before=all_before and not self._handling.holds_back)

    def _prefetch(self, *, careful: bool) -> int:
        if self._handling.holds_back:
            return self._policy.prefetch_past_failures
        return 1 if careful else self._policy.prefetch_messages

    def _must_let_go(self, inbox: "_Inbox") -> bool:
        return self._stopping.is_set() or inbox.is_lost


async def _cancelled(channel: AbstractChannel) -> None:
    """Return once the broker says that it has ended a consumer, because the queue is gone."""
    told = asyncio.Event()
    underlay = await channel.get_underlay_channel()
    underlay.on_consumer_cancel_callbacks.add(lambda _: told.set())
    await told.wait()
    log.warning("the broker has ended the consumer: consuming anew")


class _Inbox:
    """What the broker has delivered on one channel and nobody has taken yet."""

    def __init__(self, channel: AbstractChannel, queue: AbstractQueue, policy: BatchPolicy) -> None:
        self._channel = channel
        self._queue = queue
        self._policy = policy
        self._delivered: asyncio.Queue[AbstractIncomingMessage] = asyncio.Queue()
        self._prefetch = 0
        self._tag: str | None = None

    @property
    def waiting(self) -> int:
        return self._delivered.qsize()

    @property
    def is_lost(self) -> bool:
        return self._channel.is_closed

    async def consume(self, prefetch: int) -> None:
        """Let the broker deliver so many messages ahead; a consumer keeps the number it began with."""
        if prefetch == self._prefetch:
            return
        if self._tag is not None:
            await self._queue.cancel(self._tag)
        await self._channel.set_qos(prefetch_count=prefetch)
        self._tag = await self._queue.consume(self._delivered.put)
        self._prefetch = prefetch

    async def take(self) -> list[AbstractIncomingMessage]:
        """Wait for a message and return it with what waits behind it, up to a full batch."""
        batch = [await self._delivered.get()]
        bytes_left = self._policy.events * EVENT_BYTES - len(batch[0].body)
        while bytes_left > 0 and not self._delivered.empty():
            batch.append(self._delivered.get_nowait())
            bytes_left -= len(batch[-1].body)
        return batch

    async def acknowledge(self, messages: Sequence[AbstractIncomingMessage], *, all_before: bool) -> None:
        """Acknowledge messages in one go where all that came before them are done as well."""
        chosen = messages[-1:] if all_before else messages
        for message in chosen:
            await message.channel.basic_ack(message.delivery_tag or 0, multiple=all_before)


EVENT_BYTES = 300
"""About what an event takes in a message; batches are sized by it before they are decoded."""

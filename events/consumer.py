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

from aio_pika.abc import AbstractConnection, AbstractIncomingMessage

from events.applying import Abandoned, Handler
from events.declare import declare_topology
from events.flow import NO_METER, Meter
from events.handling import Delivery, Handling
from events.inbox import Inbox
from events.link import LINK, LOST, disconnect, end, keep_connected, lost
from events.sender import Sender
from events.topology import PROGRESS

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class BatchPolicy:
    """How much is taken at once."""

    prefetch_messages: int = 200
    """A message may hold a thousand events: this bounds the memory of what is delivered ahead.

    Ahead includes the batch at hand: there have to be enough for the next one as well.
    """
    prefetch_small_messages: int = 250
    """Of single events, say: so that a backlog of them comes in larger batches too. Not more, as what was
    delivered when a connection is lost comes back, and what came back is handled one at a time."""
    small_message_bytes: int = 1_000
    events: int = 4_000
    """No further message joins a batch that has as many events."""
    look_every: timedelta = timedelta(seconds=5)
    stand_still: timedelta = timedelta(minutes=5)
    """How long nothing is taken where nothing could be applied."""
    send_anew_within: timedelta = timedelta(seconds=20)
    past_failures: int = 8
    """So many times more is delivered ahead while messages are held back: those behind them are reached."""


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
        inbox = await Inbox.of(channel, PROGRESS, self._policy.events)
        work = asyncio.create_task(self._work(inbox))
        tasks = [
            work,
            asyncio.create_task(self._watch(connection)),
            asyncio.create_task(lost(connection, channel)),
            asyncio.create_task(inbox.queue_gone.wait()),
        ]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            async with self._idle:
                await end(*tasks)
        with suppress(*LOST, Abandoned):
            if inbox.queue_gone.is_set():
                log.warning("the queue is gone: finishing what was delivered, then consuming anew")
                await self._drain(inbox)
        with suppress(*LOST):
            async with asyncio.timeout(self._policy.send_anew_within.total_seconds()):
                await self._send_anew(connection, inbox)
        self._handling.let_go()
        self._meter.holds(0)
        for task in tasks:
            if not task.cancelled():
                with suppress(*LOST, Abandoned):
                    task.result()

    async def _send_anew(self, connection: AbstractConnection, inbox: Inbox) -> None:
        """Send anew what is unfinished and the broker does not have, or would take for deadly soon.

        Of a queue that is gone it has nothing; and it counts each return, also of what we let go on purpose.
        """
        left = inbox.unacknowledged
        if inbox.queue_gone.is_set():
            async with connection.channel() as channel:
                await declare_topology(channel)
        elif inbox.is_lost or self._stopping.is_set():
            return
        else:
            left = self._handling.worn(left)
        await self._handling.send_again(left)
        await inbox.acknowledge(left, all_before=False)

    async def _watch(self, connection: AbstractConnection) -> None:
        """Return when nobody consumes the queue any more: consumers have been lost without a word.

        Also when messages have been held back for so long that the broker is about to take them.
        """
        channel = await connection.channel()
        while not self._handling.holds_too_long:
            await asyncio.sleep(self._policy.look_every.total_seconds())
            async with asyncio.timeout(LINK.connect_within.total_seconds()):
                found = await channel.declare_queue(PROGRESS.name, passive=True)
            if not found.declaration_result.consumer_count:
                log.warning("the queue has no consumer although this worker is one: consuming anew")
                return

    async def _work(self, inbox: Inbox) -> None:
        await inbox.consume(1)
        while True:
            await inbox.arrival()
            async with self._idle:
                if self._stopping.is_set():
                    return
                careful = await self._finish(inbox.take(), inbox)
                await inbox.consume(self._prefetch(inbox, careful=careful))

    async def _drain(self, inbox: Inbox) -> None:
        """Finish what was delivered before the queue was deleted: there is no other copy of it."""
        async with self._idle:
            while inbox.waiting and not self._must_let_go(inbox):
                await self._finish(inbox.take(), inbox)

    async def _finish(self, messages: Sequence[AbstractIncomingMessage], inbox: Inbox) -> bool:
        """Finish what came for the first time as one batch, then each of the others by itself.

        Returns whether there were others.
        """
        deliveries = [each for message in messages if (each := await self._open(message, inbox)).events]
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
        return bool(suspects)

    async def _open(self, message: AbstractIncomingMessage, inbox: Inbox) -> Delivery:
        """Decode a message; one without events is done with at once, before its mates can fail."""
        delivery = await self._handling.open(message)
        if not delivery.events:
            await self._acknowledge([delivery], inbox, all_before=False)
        return delivery

    async def _acknowledge(self, done: Sequence[Delivery], inbox: Inbox, *, all_before: bool) -> None:
        """Acknowledge what was finished, but for what is held back."""
        messages = [each.message for each in done if not self._handling.is_held_back(each.message)]
        await inbox.acknowledge(messages, all_before=all_before and not self._handling.holds_back)

    def _prefetch(self, inbox: Inbox, *, careful: bool) -> int:
        if careful and not self._handling.holds_back:
            return 1
        are_small = inbox.message_bytes < self._policy.small_message_bytes
        ahead = self._policy.prefetch_small_messages if are_small else self._policy.prefetch_messages
        return ahead * self._policy.past_failures if self._handling.holds_back else ahead

    def _must_let_go(self, inbox: Inbox) -> bool:
        return self._stopping.is_set() or inbox.is_lost

"""From the progress queue to a handler: gather, decode, handle, answer, acknowledge.

Deliveries are only put into an inbox by the client library's callbacks; this module's own loop takes what
has gathered there while the last batch was handled, so that a lone event never waits and a backlog comes in
large batches. The acknowledgement is the last step: whatever dies before it sees the same messages again,
and what it did twice counts once, because the log knows every event.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from aio_pika.abc import AbstractChannel, AbstractConnection, AbstractIncomingMessage, AbstractQueue

from core.clock import Clock, utc_now
from core.metrics import APPLY_LAG, BATCH_EVENTS, EVENTS_HANDLED
from events.declare import declare_topology
from events.flow import NO_METER, Meter
from events.link import LINK, LOST, disconnect, keep_connected, lost
from events.schemas import Applied, Event, UndecodableMessage, decode, encode
from events.sender import Sender
from events.topology import PROGRESS

log = logging.getLogger(__name__)

Handler = Callable[[Sequence[Event]], Awaitable[list[Applied]]]
"""Applies a batch and answers each event in order; may be called again with the same events.

Raises `Busy` where the same call may succeed later, `Invalid` where it never will, and anything else for a
bug, which ends the process.
"""


class Busy(Exception):
    """Something the handler needs is away; nothing is wrong with the events."""


class Invalid(Exception):
    """At least one of the events can never be applied; the text says why."""


@dataclass(frozen=True, slots=True)
class BatchPolicy:
    """How much is taken at once and how patiently.

    `hold` stays below the 30 minutes after which the broker takes unacknowledged messages back and closes
    the channel.
    """

    prefetch_messages: int = 100
    events: int = 500
    """No further message joins a batch that has as many events."""
    hold: timedelta = timedelta(minutes=20)
    look_every: timedelta = timedelta(seconds=5)


BATCHES = BatchPolicy()


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message and the events in it."""

    message: AbstractIncomingMessage
    events: Sequence[Event]


class _Lost(Exception):
    """The channel is gone, and its deliveries with it."""


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
        clock: Clock = utc_now,
    ) -> None:
        self._url = url
        self._handle = handle
        self._sender = sender
        self._meter = meter
        self._policy = policy
        self._clock = clock
        self._stopping = asyncio.Event()
        self._idle = asyncio.Lock()
        """Held while a batch is handled: who takes it knows that none is torn apart."""

    def stop(self) -> None:
        """Take nothing more, finish the batch at hand, and let `run` return."""
        self._stopping.set()

    async def run(self) -> None:
        """Consume until `stop`.

        Raises:
            Exception: what the handler raised beyond `Busy` and `Invalid`.

        """
        link = asyncio.create_task(keep_connected(self._url, "edutrack progress worker", self._serve))
        stopping = asyncio.create_task(self._stopping.wait())
        await asyncio.wait({link, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        async with self._idle:
            link.cancel()
        await disconnect(link)

    async def _serve(self, connection: AbstractConnection) -> None:
        channel = await connection.channel()
        await channel.set_qos(prefetch_count=self._policy.prefetch_messages)
        await declare_topology(channel)
        queue = await channel.get_queue(PROGRESS.name, ensure=False)
        inbox: asyncio.Queue[AbstractIncomingMessage] = asyncio.Queue()
        tag = await queue.consume(inbox.put)
        tasks = [
            asyncio.create_task(self._work(inbox, channel)),
            asyncio.create_task(self._watch(connection)),
            asyncio.create_task(lost(connection, channel)),
        ]
        stopping = asyncio.create_task(self._stopping.wait())
        try:
            await asyncio.wait({*tasks, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if self._stopping.is_set():
                await _cancel(queue, tag)
        finally:
            async with self._idle:
                for task in (*tasks, stopping):
                    task.cancel()
            outcomes = await asyncio.gather(*tasks, stopping, return_exceptions=True)
            self._meter.holds(0)
        for outcome in outcomes:
            if isinstance(outcome, Exception) and not isinstance(outcome, (*LOST, _Lost)):
                raise outcome

    async def _watch(self, connection: AbstractConnection) -> None:
        """Return when nobody consumes the queue any more: consumers have been lost without a word."""
        while True:
            await asyncio.sleep(self._policy.look_every.total_seconds())
            async with (
                asyncio.timeout(self._policy.look_every.total_seconds()),
                connection.channel() as channel,
            ):
                found = await channel.declare_queue(PROGRESS.name, passive=True)
            if not found.declaration_result.consumer_count:
                log.warning("the queue has no consumer although this worker is one: consuming anew")
                return

    async def _work(self, inbox: asyncio.Queue[AbstractIncomingMessage], channel: AbstractChannel) -> None:
        while not self._stopping.is_set():
            first = await inbox.get()
            async with self._idle:
                await self._finish(await self._gather(first, inbox), channel, held=inbox.qsize())

    async def _gather(
        self, first: AbstractIncomingMessage, inbox: asyncio.Queue[AbstractIncomingMessage]
    ) -> list[Delivery]:
        """Return what waits, up to a full batch."""
        batch = [await self._open(first)]
        size = len(batch[0].events)
        while size < self._policy.events and not inbox.empty():
            batch.append(await self._open(inbox.get_nowait()))
            size += len(batch[-1].events)
        return batch

    async def _open(self, message: AbstractIncomingMessage) -> Delivery:
        """Decode a message; one that is none of ours is set aside and leaves no events."""
        try:
            return Delivery(message, decode(message.body))
        except UndecodableMessage as error:
            await self._sender.set_aside(message.body, message, kind="undecodable", reason=str(error))
            return Delivery(message, ())

    async def _finish(self, batch: Sequence[Delivery], channel: AbstractChannel, *, held: int) -> None:
        self._meter.holds(len(batch) + held)
        events = [event for delivery in batch for event in delivery.events]
        answers = await self._apply(events, batch, channel) if events else []
        await self._set_aside_rejected(events, answers, batch)
        self._measure(events, answers)
        self._answer(batch, answers)
        # Everything before the last delivery of this batch is done as well: batches are handled one by one.
        await batch[-1].message.channel.basic_ack(batch[-1].message.delivery_tag or 0, multiple=True)
        self._meter.holds(held)

    async def _apply(
        self, events: Sequence[Event], batch: Sequence[Delivery], channel: AbstractChannel
    ) -> list[Applied]:
        """Apply events; where one of them never can be, halve until it stands alone, and reject that one."""
        try:
            return await self._patiently(events, channel)
        except Invalid as error:
            if len(events) == 1:
                return [_rejected(events[0], str(error))]
        middle = len(events) // 2
        return [
            *await self._apply(events[:middle], batch, channel),
            *await self._apply(events[middle:], batch, channel),
        ]

    async def _patiently(self, events: Sequence[Event], channel: AbstractChannel) -> list[Applied]:
        """Try until it is not busy; let go to stop, or when the channel or the broker's patience ends."""
        give_up_at = self._clock() + self._policy.hold
        tries = 0
        while True:
            try:
                return await self._handle(events)
            except Busy as error:
                log.warning("%d events wait: %s", len(events), error)
            await asyncio.sleep(LINK.wait(tries))
            tries += 1
            if channel.is_closed or self._stopping.is_set() or self._clock() > give_up_at:
                raise _Lost

    async def _set_aside_rejected(
        self, events: Sequence[Event], answers: Sequence[Applied], batch: Sequence[Delivery]
    ) -> None:
        if all(answer.outcome != "rejected" for answer in answers):
            return
        origins = [delivery.message for delivery in batch for _ in delivery.events]
        for event, answer, origin in zip(events, answers, origins, strict=True):
            if answer.outcome == "rejected":
                reason = answer.detail or "it cannot be applied"
                await self._sender.set_aside(encode([event]), origin, kind="rejected", reason=reason)

    def _measure(self, events: Sequence[Event], answers: Sequence[Applied]) -> None:
        BATCH_EVENTS.observe(len(events))
        self._meter.handled(events=len(events))
        now: datetime = self._clock()
        for event, answer in zip(events, answers, strict=True):
            EVENTS_HANDLED.labels(answer.outcome).inc()
            if answer.outcome == "applied":
                APPLY_LAG.observe(max(0.0, (now - event.received_at).total_seconds()))

    def _answer(self, batch: Sequence[Delivery], answers: Sequence[Applied]) -> None:
        """Send each message's answers to whoever asked for them, one reply per queue."""
        replies: dict[str, list[Applied]] = {}
        first = 0
        for delivery in batch:
            of_message = answers[first : first + len(delivery.events)]
            first += len(delivery.events)
            if delivery.message.reply_to:
                replies.setdefault(delivery.message.reply_to, []).extend(of_message)
        for reply_to, of_queue in replies.items():
            self._sender.reply(reply_to, of_queue)


async def _cancel(queue: AbstractQueue, tag: str) -> None:
    with suppress(*LOST):
        await queue.cancel(tag)


def _rejected(event: Event, detail: str) -> Applied:
    return Applied(event_id=event.event_id, user_id=event.user_id, outcome="rejected", detail=detail)

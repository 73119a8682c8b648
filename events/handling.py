"""What becomes of a batch of messages: applied, tried again, or set aside one event at a time.

Three failures have three names. `Invalid` events go to the dead-letter queue alone, `Busy` is waited out with
the messages held, and anything else is a bug, which ends the process and leaves the messages in the queue.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from aio_pika.abc import AbstractIncomingMessage

from core.clock import Clock, utc_now
from core.metrics import APPLY_LAG, BATCH_EVENTS, EVENTS_HANDLED
from events.flow import NO_METER, Meter
from events.link import LINK
from events.schemas import Applied, Event, UndecodableMessage, decode, encode
from events.sender import REPLAYS, Sender

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


class Abandoned(Exception):
    """The messages at hand are somebody else's now, or soon."""


class TooManyFailures(Exception):
    """So many events were set aside that the fault must be ours: nothing more is."""


@dataclass(frozen=True, slots=True)
class PoisonPolicy:
    """When a message is suspected of ending workers, and when a fault must be our own.

    `hold` stays below the 30 minutes after which the broker takes unacknowledged messages back and closes
    the channel.
    """

    deliveries_together: int = 2
    """A message with several events that came back so often is taken apart."""
    deliveries_alone: int = 5
    """An event that came back so often, the last times alone, is set aside."""
    window: int = 200
    failures: int = 100
    """Of the events in the window; past it a worker sets nothing more aside."""
    hold: timedelta = timedelta(minutes=20)


POISON = PoisonPolicy()


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message and the events in it. `returns` is how often it came back before."""

    message: AbstractIncomingMessage
    events: Sequence[Event]

    @property
    def returns(self) -> int:
        return int(str(self.message.headers.get("x-delivery-count") or 0))


class Handling:
    """Finishes batches; afterwards every message of a batch may be acknowledged."""

    def __init__(
        self,
        handle: Handler,
        sender: Sender,
        meter: Meter = NO_METER,
        policy: PoisonPolicy = POISON,
        clock: Clock = utc_now,
    ) -> None:
        self._handle = handle
        self._sender = sender
        self._meter = meter
        self._policy = policy
        self._clock = clock
        self._failed: deque[bool] = deque(maxlen=policy.window)

    async def open(self, message: AbstractIncomingMessage) -> Delivery:
        """Decode a message; one that is none of ours is set aside and leaves no events.

        Raises:
            TooManyFailures: too much was set aside lately.

        """
        try:
            return Delivery(message, decode(message.body))
        except UndecodableMessage as error:
            await self._set_aside(message.body, message, kind="undecodable", reason=str(error))
            return Delivery(message, ())

    async def finish(self, batch: Sequence[Delivery], is_lost: Callable[[], bool]) -> None:
        """Apply a batch, set aside what never can be, answer who waits.

        Raises:
            Abandoned: it could not be applied for too long, or `is_lost`.
            TooManyFailures: too much was set aside lately.
            Exception: a bug.

        """
        events = [event for delivery in batch for event in delivery.events]
        answers = await self._apply(events, is_lost) if events else []
        await self._set_aside_rejected(events, answers, batch)
        self._measure(events, answers)
        self._answer(batch, answers)

    async def finish_suspect(self, suspect: Delivery, is_lost: Callable[[], bool]) -> None:
        """Finish a message that came back, by itself: it may be what ended a worker. Raises as `finish`."""
        together = len(suspect.events) > 1
        if together and suspect.returns >= self._policy.deliveries_together:
            log.warning("a message of %d events keeps coming back: taken apart", len(suspect.events))
            await self._sender.publish_again([encode([event]) for event in suspect.events], suspect.message)
        elif not together and suspect.returns >= self._policy.deliveries_alone:
            reason = f"it came back {suspect.returns} times: whoever takes it dies or never finishes"
            await self._set_aside(suspect.message.body, suspect.message, kind="deadly", reason=reason)
        else:
            await self.finish([suspect], is_lost)

    async def _apply(self, events: Sequence[Event], is_lost: Callable[[], bool]) -> list[Applied]:
        """Apply events; where one of them never can be, halve until it stands alone, and reject that one."""
        try:
            return await self._patiently(events, is_lost)
        except Invalid as error:
            if len(events) == 1:
                return [_rejected(events[0], str(error))]
        middle = len(events) // 2
        return [*await self._apply(events[:middle], is_lost), *await self._apply(events[middle:], is_lost)]

    async def _patiently(self, events: Sequence[Event], is_lost: Callable[[], bool]) -> list[Applied]:
        """Try until the handler is not busy."""
        give_up_at = self._clock() + self._policy.hold
        tries = 0
        while True:
            try:
                return await self._handle(events)
            except Busy as error:
                log.warning("%d events wait: %s", len(events), error)
            await asyncio.sleep(LINK.wait(tries))
            tries += 1
            if is_lost() or self._clock() > give_up_at:
                raise Abandoned

    async def _set_aside_rejected(
        self, events: Sequence[Event], answers: Sequence[Applied], batch: Sequence[Delivery]
    ) -> None:
        origins = [delivery.message for delivery in batch for _ in delivery.events]
        for event, answer, origin in zip(events, answers, origins, strict=True):
            if answer.outcome == "rejected":
                reason = answer.detail or "it cannot be applied"
                await self._set_aside(encode([event]), origin, kind="rejected", reason=reason)
            else:
                self._failed.append(False)

    async def _set_aside(
        self, body: bytes, origin: AbstractIncomingMessage, *, kind: str, reason: str
    ) -> None:
        if REPLAYS not in origin.headers:
            if sum(self._failed) >= self._policy.failures:
                raise TooManyFailures
            self._failed.append(True)
        await self._sender.set_aside(body, origin, kind=kind, reason=reason)

    def _measure(self, events: Sequence[Event], answers: Sequence[Applied]) -> None:
        BATCH_EVENTS.observe(len(events))
        self._meter.handled(events=len(events))
        now = self._clock()
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


def _rejected(event: Event, detail: str) -> Applied:
    return Applied(event_id=event.event_id, user_id=event.user_id, outcome="rejected", detail=detail)

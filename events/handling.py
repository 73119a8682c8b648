"""What becomes of a batch of messages: applied, tried again, or set aside one event at a time.

Three failures have three names. `Invalid` events go to the dead-letter queue alone, `Busy` is waited out with
the messages held, and anything else is a bug, which ends the process and leaves the messages in the queue.

Where so much fails that the fault must be ours, what fails is held back, neither set aside nor acknowledged,
while what comes behind it goes on being tried. Once enough of that can be applied, what was held back was
poison after all.
"""

import logging
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from aio_pika.abc import AbstractIncomingMessage

from core.clock import Clock, utc_now
from core.metrics import APPLY_LAG, BATCH_EVENTS, EVENTS_HANDLED
from events.applying import Applying, Handler
from events.blame import Blame, BlamePolicy
from events.flow import NO_METER, Meter
from events.schemas import Applied, Event, UndecodableMessage, decode, encode
from events.sender import REPLAYS, Sender

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class PoisonPolicy:
    """When a message is suspected of ending workers, and how much of what fails is held back for how long.

    `hold` stays below the 30 minutes after which the broker takes unacknowledged messages back and closes
    the channel.
    """

    deliveries_together: int = 2
    """A message with several events that came back so often is taken apart."""
    deliveries_alone: int = 5
    """An event that came back so often, the last times alone, is set aside."""
    blame: BlamePolicy = field(default_factory=BlamePolicy)
    held_messages: int = 2_000
    hold: timedelta = timedelta(minutes=20)


POISON = PoisonPolicy()


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message and the events in it. `returns` is how often it came back before."""

    message: AbstractIncomingMessage
    events: Sequence[Event]

    @property
    def returns(self) -> int:
        return _returns(self.message)


@dataclass(frozen=True, slots=True)
class _Letter:
    """A dead letter to be: a body, the message it was in, a word and a text on why."""

    body: bytes
    origin: AbstractIncomingMessage
    kind: str
    reason: str


class Handling:
    """Finishes batches; afterwards every message of a batch may be acknowledged that is not held back."""

    def __init__(
        self,
        handle: Handler,
        sender: Sender,
        meter: Meter = NO_METER,
        policy: PoisonPolicy = POISON,
        clock: Clock = utc_now,
    ) -> None:
        self._sender = sender
        self._meter = meter
        self._policy = policy
        self._applying = Applying(handle, policy.hold, clock)
        self._clock = clock
        self._blame = Blame(policy.blame)
        self._held: list[_Letter] = []
        self._held_since: datetime | None = None

    @property
    def holds_back(self) -> bool:
        """Whether there are messages that must not be acknowledged yet."""
        return bool(self._held)

    @property
    def holds_too_much(self) -> bool:
        """Whether as much is held back as may be: nothing that came behind it could be applied."""
        return len(self._held) >= self._policy.held_messages

    @property
    def holds_too_long(self) -> bool:
        """Whether the broker is about to take them back by force."""
        return self._held_since is not None and self._clock() - self._held_since > self._policy.hold

    def is_held_back(self, message: AbstractIncomingMessage) -> bool:
        """Say whether a message must not be acknowledged yet."""
        return any(letter.origin is message for letter in self._held)

    async def release(self) -> list[AbstractIncomingMessage]:
        """Set aside what is held back if it was poison after all; return the messages it came in."""
        if self._blame.is_ours or not self._held:
            return []
        log.warning("events can be applied again: what was held back is set aside")
        for letter in self._held:
            await self._send(letter)
        released = {id(letter.origin): letter.origin for letter in self._held}
        self.let_go()
        return list(released.values())

    def worn(self, messages: Sequence[AbstractIncomingMessage]) -> list[AbstractIncomingMessage]:
        """Return the messages that would be taken for deadly after one more return."""
        return [each for each in messages if _returns(each) >= self._policy.deliveries_alone - 1]

    async def send_again(self, messages: Sequence[AbstractIncomingMessage]) -> None:
        """Put messages at the end of the queue, uncounted, and return once all are durable there."""
        for message in messages:
            await self._sender.publish_again([message.body], message)

    def let_go(self) -> None:
        """Forget what is held back: the broker has it again."""
        self._held.clear()
        self._held_since = None

    async def open(self, message: AbstractIncomingMessage) -> Delivery:
        """Decode a message; one that is none of ours is set aside and leaves no events."""
        try:
            return Delivery(message, decode(message.body))
        except UndecodableMessage as error:
            await self._set_aside(_Letter(message.body, message, "undecodable", str(error)))
            return Delivery(message, ())

    async def finish(self, batch: Sequence[Delivery], is_lost: Callable[[], bool]) -> None:
        """Apply a batch, set aside what never can be, answer who waits.

        Raises:
            Abandoned: it could not be applied for too long, or `is_lost`.
            Exception: a bug.

        """
        events = [event for delivery in batch for event in delivery.events]
        awaited = any(delivery.message.reply_to for delivery in batch)
        answers = await self._applying.apply(events, is_lost, awaited=awaited)
        settled = await self._settle(events, answers, batch)
        self._measure(events, settled)
        self._answer(batch, settled)

    async def finish_suspect(self, suspect: Delivery, is_lost: Callable[[], bool]) -> None:
        """Finish a message that keeps coming back, by itself: it may end workers. Raises as `finish`."""
        together = len(suspect.events) > 1
        if together and suspect.returns >= self._policy.deliveries_together:
            log.warning("a message of %d events keeps coming back: taken apart", len(suspect.events))
            await self._sender.publish_again([encode([event]) for event in suspect.events], suspect.message)
        elif not together and suspect.returns >= self._policy.deliveries_alone:
            reason = f"it came back {suspect.returns} times: whoever takes it dies or never finishes"
            await self._set_aside(_Letter(suspect.message.body, suspect.message, "deadly", reason))
        else:
            await self.finish([suspect], is_lost)

    async def _settle(
        self, events: Sequence[Event], answers: Sequence[Applied], batch: Sequence[Delivery]
    ) -> list[Applied | None]:
        """Set aside what was rejected; return the answers, None where an event is held back."""
        origins = [delivery.message for delivery in batch for _ in delivery.events]
        settled: list[Applied | None] = list(answers)
        for number, (event, answer, origin) in enumerate(zip(events, answers, origins, strict=True)):
            if answer.outcome != "rejected":
                self._blame.applied()
            else:
                reason = answer.detail or "it cannot be applied"
                if not await self._set_aside(_Letter(encode([event]), origin, "rejected", reason)):
                    settled[number] = None
        return settled

    async def _set_aside(self, letter: _Letter) -> bool:
        """Set a letter aside, and say so, or hold it back. One that was replayed puts the blame on nobody."""
        if REPLAYS not in letter.origin.headers:
            if self._blame.is_ours:
                self._hold_back(letter)
                return False
            self._blame.failed()
        await self._send(letter)
        return True

    def _hold_back(self, letter: _Letter) -> None:
        if not self._held:
            log.critical(
                "so many events cannot be applied that this version or its database must be wrong: "
                "holding them back until others can be applied"
            )
            self._held_since = self._clock()
        self._blame.failed()
        self._held.append(letter)

    async def _send(self, letter: _Letter) -> None:
        await self._sender.set_aside(letter.body, letter.origin, kind=letter.kind, reason=letter.reason)

    def _measure(self, events: Sequence[Event], answers: Sequence[Applied | None]) -> None:
        BATCH_EVENTS.observe(len(events))
        self._meter.handled(events=len(events))
        now = self._clock()
        for event, answer in zip(events, answers, strict=True):
            if answer and answer.outcome == "applied":
                APPLY_LAG.observe(max(0.0, (now - event.received_at).total_seconds()))
        for outcome, count in Counter(answer.outcome for answer in answers if answer).items():
            EVENTS_HANDLED.labels(outcome).inc(count)

    def _answer(self, batch: Sequence[Delivery], answers: Sequence[Applied | None]) -> None:
        """Send each message's answers to whoever asked for them, one reply per queue."""
        replies: dict[str, list[Applied]] = {}
        first = 0
        for delivery in batch:
            mine = answers[first : first + len(delivery.events)]
            of_message = [answer for answer in mine if answer is not None]
            first += len(delivery.events)
            if delivery.message.reply_to and of_message:
                replies.setdefault(delivery.message.reply_to, []).extend(of_message)
        for reply_to, of_queue in replies.items():
            self._sender.reply(reply_to, of_queue)


def _returns(message: AbstractIncomingMessage) -> int:
    return int(str(message.headers.get("x-delivery-count") or 0))

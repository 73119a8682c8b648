"""Hearing from the worker what became of an event. May fail at any point without harm: then nobody hears.

Each API process has one queue of its own, which the broker deletes with the connection.
"""

import asyncio
import time
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from aio_pika.abc import AbstractConnection, AbstractIncomingMessage

from events.link import connect_in_background, disconnect, lost
from events.schemas import Applied, decode_reply

EventKey = tuple[int, UUID]
"""`(user_id, event_id)`."""


@dataclass(frozen=True, slots=True)
class ReplyPolicy:
    """When waiting would hurt everyone, and when an answer is not expected any more."""

    longest_lag: timedelta = timedelta(seconds=1)
    expected_for: timedelta = timedelta(seconds=10)
    expected_at_most: int = 2_000


REPLIES = ReplyPolicy()


@dataclass(slots=True)
class Expectation:
    """An answer that is to come; `since` is monotonic."""

    since: float
    answer: asyncio.Future[Applied] = field(default_factory=asyncio.Future)


class Replies:
    """What is expected from the workers, and how long they take.

    An expectation outlives the request that gave up on it: its answer, or its absence, is what tells how far
    the workers are behind.
    """

    def __init__(self, url: str, policy: ReplyPolicy = REPLIES) -> None:
        self._url = url
        self._policy = policy
        self._expected: dict[EventKey, Expectation] = {}
        self._last_lag = 0.0
        self._link: asyncio.Task[None] | None = None
        self.queue_name: str | None = None

    async def start(self) -> None:
        """Connect in the background, now and whenever the connection is lost."""
        self._link = connect_in_background(self._url, "edutrack replies", self._serve)

    async def stop(self) -> None:
        """Close the connection, and with it the queue."""
        await disconnect(self._link)

    @property
    def lagging(self) -> bool:
        """Whether the workers were last seen more than the longest lag behind."""
        self._forget_old()
        oldest = next(iter(self._expected.values()), None)
        waited = 0.0 if oldest is None else time.monotonic() - oldest.since
        return max(self._last_lag, waited) > self._policy.longest_lag.total_seconds()

    @property
    def last_lag(self) -> float:
        """Seconds that the last event took whose answer was waited for here, from acceptance to its rows."""
        return self._last_lag

    def expect(self, key: EventKey) -> Expectation | None:
        """Expect the answer to an event that is about to be published; None where none will be heard."""
        if self.queue_name is None:
            return None
        self._forget_old()
        if key not in self._expected:
            if len(self._expected) >= self._policy.expected_at_most:
                return None
            self._expected[key] = Expectation(time.monotonic())
        return self._expected[key]

    def give_up(self, key: EventKey) -> None:
        """Expect it no longer: its event was not accepted."""
        self._expected.pop(key, None)

    async def _serve(self, connection: AbstractConnection) -> None:
        channel = await connection.channel(publisher_confirms=False)
        queue = await channel.declare_queue(exclusive=True, auto_delete=True)
        await queue.consume(self._hear, no_ack=True)
        self.queue_name = queue.name
        try:
            await lost(connection, channel)
        finally:
            self.queue_name = None
            self._expected.clear()

    async def _hear(self, message: AbstractIncomingMessage) -> None:
        now = time.monotonic()
        for applied in decode_reply(message.body):
            expectation = self._expected.pop((applied.user_id, applied.event_id), None)
            if expectation is None:
                continue
            self._last_lag = now - expectation.since
            if not expectation.answer.done():
                expectation.answer.set_result(applied)

    def _forget_old(self) -> None:
        before = time.monotonic() - self._policy.expected_for.total_seconds()
        while self._expected:
            key, oldest = next(iter(self._expected.items()))
            if oldest.since > before:
                return
            del self._expected[key]
            self._last_lag = self._policy.expected_for.total_seconds()

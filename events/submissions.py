"""What waits to be made durable: encoded, bounded, and taken in batches."""

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from core.deadlines import Deadlines
from events.schemas import Event, encode_one


class PublishFailed(Exception):
    """The events are not known to be durable; sending them again is safe."""


class Overloaded(PublishFailed):
    """Too many events wait already."""


@dataclass(slots=True, eq=False)
class Submission:
    """Events that are made durable together. `settled` is done once they are, or once that failed."""

    bodies: Sequence[bytes]
    awaited: bool = False
    settled: asyncio.Future[None] = field(default_factory=asyncio.Future)

    def settle(self, failure: PublishFailed | None) -> None:
        """Tell whoever waits; nobody may, having given up."""
        if self.settled.done():
            return
        if failure is None:
            self.settled.set_result(None)
        else:
            self.settled.set_exception(failure)


class Submissions:
    """A queue whose takers get all that waits, so that what waited together travels together.

    What is not settled `within` a time fails as `late`; whoever has taken it may still be at it.
    """

    def __init__(self, most_events: int, within: timedelta, late: type[PublishFailed]) -> None:
        self._most_events = most_events
        self._within = within.total_seconds()
        self._waiting: deque[Submission] = deque()
        self._events = 0
        self._something_waits = asyncio.Event()
        self._deadlines = Deadlines[Submission](lambda submission: submission.settle(late()))

    async def settle(self, events: Sequence[Event], *, awaited: bool = False) -> None:
        """Append events and return once a taker has settled them.

        Raises:
            Overloaded: too many wait.
            ValueError: an event cannot be encoded.
            PublishFailed: what the taker failed by, or `late`.

        """
        submission = self._add(events, awaited=awaited)
        self._deadlines.set(submission, self._within)
        try:
            await submission.settled
        finally:
            self._deadlines.clear(submission)

    def _add(self, events: Sequence[Event], *, awaited: bool) -> Submission:
        """Append events. They are encoded here, so that one that cannot be spoils no other."""
        if self._events + len(events) > self._most_events:
            raise Overloaded
        submission = Submission([encode_one(event) for event in events], awaited)
        self._waiting.append(submission)
        self._events += len(events)
        self._something_waits.set()
        return submission

    async def take(self, events: int) -> list[Submission]:
        """Wait until something waits; return submissions until they have at least so many events."""
        while True:
            await self._something_waits.wait()
            batch = self._take(events)
            if batch:
                return batch

    def fail(self, failure: PublishFailed) -> None:
        """Settle everything that waits."""
        for submission in self._take(self._most_events):
            submission.settle(failure)

    def _take(self, most: int) -> list[Submission]:
        """Take without those nobody waits for any more."""
        batch: list[Submission] = []
        events = 0
        while self._waiting and events < most:
            submission = self._waiting.popleft()
            self._events -= len(submission.bodies)
            if not submission.settled.done():
                batch.append(submission)
                events += len(submission.bodies)
        if not self._waiting:
            self._something_waits.clear()
        return batch


def settle_all(batch: Sequence[Submission], failure: PublishFailed | None) -> None:
    """Settle a batch."""
    for submission in batch:
        submission.settle(failure)

"""Where events wait while the broker is away: a table, whose rows are messages. Owns the table `outbox`.

A row goes in the transaction in which the broker has confirmed it. A crash in between sends it twice, which
the log of events makes harmless.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, func, insert, select

from core.database import AWAY, Sessions
from core.tables import OutboxMessage
from events.link import in_background
from events.schemas import Event, join
from events.submissions import PublishFailed, Submission, Submissions, settle_all

Forward = Callable[[bytes, int], Awaitable[None]]
"""Gives a message of so many events to the broker; raises `PublishFailed`."""


@dataclass(frozen=True, slots=True)
class OutboxPolicy:
    """How much may wait, and how it is written and drained."""

    events: int = 500_000
    """Beyond so many nothing more is taken, so that a long outage does not fill the disk."""
    commit_within: timedelta = timedelta(seconds=1)
    row_events: int = 500
    """No further report joins a row that has as many events."""
    waiting_events: int = 20_000
    drained_rows: int = 50
    drain_within: timedelta = timedelta(seconds=6)
    """A connection to the database that died in silence would keep the drain for ever."""
    count_every: timedelta = timedelta(seconds=1)


OUTBOX = OutboxPolicy()


class OutboxFull(PublishFailed):
    """As many events wait as may."""


class OutboxAway(PublishFailed):
    """The database did not commit in time."""


class Outbox:
    """Writes what waits together in one row, and drains rows side by side with other processes."""

    def __init__(self, sessions: Sessions, policy: OutboxPolicy = OUTBOX) -> None:
        self._sessions = sessions
        self._policy = policy
        self._submissions = Submissions(policy.waiting_events, policy.commit_within, OutboxAway)
        self._depth = 0
        self._counted_at = float("-inf")
        self._writing: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Write in the background."""
        self._writing = in_background(self._write_for_ever(), "edutrack outbox")

    async def stop(self) -> None:
        """Write no more."""
        if self._writing is not None:
            self._writing.cancel()
            with suppress(asyncio.CancelledError):
                await self._writing

    async def put(self, events: Sequence[Event]) -> None:
        """Return once the events are committed.

        Raises:
            PublishFailed: they are not known to be.
            ValueError: one of them cannot be encoded; none was stored.

        """
        await self._submissions.settle(events)

    async def drain(self, forward: Forward) -> int:
        """Forward the oldest rows that nobody else is forwarding; return how many the broker has confirmed.

        Raises:
            PublishFailed: the broker took none.
            core.database.AWAY: the database is away, or this took too long.

        """
        async with asyncio.timeout(self._policy.drain_within.total_seconds()):
            return await self._drain(forward)

    async def _drain(self, forward: Forward) -> int:
        async with self._sessions.begin() as session:
            oldest = select(OutboxMessage).order_by(OutboxMessage.id).limit(self._policy.drained_rows)
            rows = (await session.scalars(oldest.with_for_update(skip_locked=True))).all()
            outcomes = await asyncio.gather(
                *(forward(row.body, row.events) for row in rows), return_exceptions=True
            )
            confirmed = [row.id for row, outcome in zip(rows, outcomes, strict=True) if outcome is None]
            await session.execute(delete(OutboxMessage).where(OutboxMessage.id.in_(confirmed)))
        failures = [outcome for outcome in outcomes if outcome is not None]
        if failures and not confirmed:
            raise failures[0]
        return len(confirmed)

    async def _write_for_ever(self) -> None:
        while True:
            batch = await self._submissions.take(self._policy.row_events)
            failure: PublishFailed | None = OutboxAway()
            try:
                async with asyncio.timeout(self._policy.commit_within.total_seconds()):
                    await self._write(batch)
                failure = None
            except OutboxFull as full:
                failure = full
            except AWAY:
                self._counted_at = float("-inf")
            finally:
                settle_all(batch, failure)

    async def _write(self, batch: Sequence[Submission]) -> None:
        bodies = [body for submission in batch for body in submission.bodies]
        async with self._sessions.begin() as session:
            if time.monotonic() - self._counted_at > self._policy.count_every.total_seconds():
                self._depth = await session.scalar(select(func.sum(OutboxMessage.events))) or 0
                self._counted_at = time.monotonic()
            if self._depth + len(bodies) > self._policy.events:
                raise OutboxFull
            await session.execute(insert(OutboxMessage).values(body=join(bodies), events=len(bodies)))
        self._depth += len(bodies)

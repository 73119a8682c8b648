"""Accepting events: with the broker where it is there, in the outbox where it is not."""

import asyncio
import logging
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

from core.database import AWAY
from core.metrics import EVENTS_ACCEPTED
from events.link import in_background
from events.outbox import Outbox
from events.publisher import Publisher
from events.schemas import Event
from events.submissions import Overloaded, PublishFailed

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class RelayPolicy:
    """How often the outbox is looked at."""

    while_waiting: timedelta = timedelta(milliseconds=500)
    otherwise: timedelta = timedelta(seconds=5)


RELAY = RelayPolicy()


class Acceptance:
    """Makes events durable in one of two places, and moves them from the second to the first.

    Once the broker has failed to confirm, nobody waits for it until it has confirmed something out of the
    outbox: requests do not pay its deadline one by one.
    """

    def __init__(self, publisher: Publisher, outbox: Outbox, policy: RelayPolicy = RELAY) -> None:
        self._publisher = publisher
        self._outbox = outbox
        self._policy = policy
        self._failed_at: float | None = None
        self._wake = asyncio.Event()
        self._relaying: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Start both, and drain in the background what an earlier process left."""
        await self._publisher.start()
        await self._outbox.start()
        self._wake.set()
        self._relaying = in_background(self._relay_for_ever(), "edutrack relay")

    async def stop(self) -> None:
        """Stop both."""
        if self._relaying is not None:
            self._relaying.cancel()
            with suppress(asyncio.CancelledError):
                await self._relaying
        await self._outbox.stop()
        await self._publisher.stop()

    @property
    def ready(self) -> bool:
        """Whether the broker takes events now."""
        return self._publisher.connected and self._failed_at is None

    async def accept(self, events: Sequence[Event], *, awaited: bool = False) -> bool:
        """Return once the events are durable: true if the broker has them, so that an answer may come.

        Raises:
            PublishFailed: they are not known to be, neither here nor there.
            ValueError: one of them cannot be encoded; none was accepted.

        """
        with_broker = self.ready and await self._publish(events, awaited=awaited)
        if not with_broker:
            await self._outbox.put(events)
            self._wake.set()
        EVENTS_ACCEPTED.inc(len(events))
        return with_broker

    async def _publish(self, events: Sequence[Event], *, awaited: bool) -> bool:
        try:
            await self._publisher.publish(events, awaited=awaited)
        except Overloaded:
            return False
        except PublishFailed as failure:
            if self._failed_at is None:
                log.warning("the broker does not take events (%s): they go to the outbox", _name(failure))
                self._failed_at = time.monotonic()
            return False
        return True

    async def _relay_for_ever(self) -> None:
        while True:
            wait = self._policy.while_waiting if self._wake.is_set() else self._policy.otherwise
            with suppress(TimeoutError):
                async with asyncio.timeout(wait.total_seconds()):
                    await (asyncio.sleep(wait.total_seconds()) if self._wake.is_set() else self._wake.wait())
            if self._publisher.connected:
                await self._relay()

    async def _relay(self) -> None:
        """Drain the outbox as far as the broker takes it."""
        try:
            self._wake.clear()
            while await self._outbox.drain(self._publisher.forward):
                self._recovered()
            if self._failed_for() > self._policy.otherwise.total_seconds():
                self._recovered()  # another process has drained what was to tell us: try again
        except PublishFailed as failure:
            self._wake.set()
            log.info("the broker still takes nothing (%s)", _name(failure))
        except AWAY as error:
            self._wake.set()
            log.warning("the outbox cannot be read (%s)", _name(error))
            if self._failed_for() > self._policy.otherwise.total_seconds():
                self._recovered()  # the outbox cannot tell whether the broker takes events: the next one will

    def _failed_for(self) -> float:
        return 0.0 if self._failed_at is None else time.monotonic() - self._failed_at

    def _recovered(self) -> None:
        if self._failed_at is not None:
            log.warning("the broker takes events again")
        self._failed_at = None


def _name(error: Exception) -> str:
    return type(error).__name__

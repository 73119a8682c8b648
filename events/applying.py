"""Getting a batch applied: in parts side by side, patiently, without what never can be."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from core.clock import Clock
from events.link import LINK, end
from events.schemas import Applied, Event

log = logging.getLogger(__name__)


class Handler(Protocol):
    """Applies a batch and answers each event in order; may be called again with the same events.

    Where nobody has `awaited` the answers, they may come without the records, which have to be read.

    Raises:
        Busy: the same call may succeed later.
        Invalid: it never will.
        Exception: a bug, which ends the process.

    """

    async def __call__(self, events: Sequence[Event], /, *, awaited: bool) -> list[Applied]: ...


class Busy(Exception):
    """Something the handler needs is away; nothing is wrong with the events."""


class Invalid(Exception):
    """At least one of the events can never be applied; the text says why."""


class Abandoned(Exception):
    """The messages at hand are somebody else's now, or soon."""


@dataclass(frozen=True, slots=True)
class PartPolicy:
    """How many parts a batch has, and from which size on: each has what a transaction costs by itself."""

    most: int = 2
    events: int = 250
    """In each, about."""


PARTS = PartPolicy()


class Applying:
    """Applies batches; `hold` is how long it tries."""

    def __init__(self, handle: Handler, hold: timedelta, clock: Clock, policy: PartPolicy = PARTS) -> None:
        self._handle = handle
        self._hold = hold
        self._clock = clock
        self._policy = policy

    async def apply(
        self, events: Sequence[Event], is_lost: Callable[[], bool], *, awaited: bool
    ) -> list[Applied]:
        """Apply a batch, a large one in parts: one is computed while the database is busy with the other.

        No user is in two of them, so that they never wait for each other. An event that can never be applied
        is rejected.

        Raises:
            Abandoned: it could not be applied for too long, or `is_lost`.
            Exception: a bug.

        """
        parts = _parts_of(events, self._policy)
        tasks = [
            asyncio.create_task(self._apply([events[place] for place in part], is_lost, awaited=awaited))
            for part in parts
        ]
        try:
            await asyncio.gather(*tasks)
        finally:
            await end(*tasks)
        answers = {
            place: answer
            for part, task in zip(parts, tasks, strict=True)
            for place, answer in zip(part, task.result(), strict=True)
        }
        return [answers[place] for place in range(len(events))]

    async def _apply(
        self, events: Sequence[Event], is_lost: Callable[[], bool], *, awaited: bool
    ) -> list[Applied]:
        """Apply a part; where an event never can be, halve until it stands alone, and reject that one."""
        try:
            return await self._patiently(events, is_lost, awaited=awaited)
        except Invalid as error:
            if len(events) == 1:
                return [_rejected(events[0], str(error))]
        middle = len(events) // 2
        return [
            *await self._apply(events[:middle], is_lost, awaited=awaited),
            *await self._apply(events[middle:], is_lost, awaited=awaited),
        ]

    async def _patiently(
        self, events: Sequence[Event], is_lost: Callable[[], bool], *, awaited: bool
    ) -> list[Applied]:
        """Try until the handler is not busy."""
        give_up_at = self._clock() + self._hold
        tries = 0
        while True:
            try:
                return await self._handle(events, awaited=awaited)
            except Busy as error:
                log.warning("%d events wait: %s", len(events), error)
            await asyncio.sleep(LINK.wait(tries))
            tries += 1
            if is_lost() or self._clock() > give_up_at:
                raise Abandoned


def _parts_of(events: Sequence[Event], policy: PartPolicy) -> list[list[int]]:
    """Return the places of a batch's events by part, in order; no part is empty."""
    number = max(1, min(policy.most, len(events) // policy.events))
    parts: list[list[int]] = [[] for _ in range(number)]
    for place, event in enumerate(events):
        parts[event.user_id % number].append(place)
    return [part for part in parts if part]


def _rejected(event: Event, detail: str) -> Applied:
    return Applied(event_id=event.event_id, user_id=event.user_id, outcome="rejected", detail=detail)

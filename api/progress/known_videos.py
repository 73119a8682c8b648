"""Which videos exist, remembered, so that an event costs no query."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from datetime import timedelta

from core.clock import Clock
from core.database import AWAY

log = logging.getLogger(__name__)

MAX_ID = 2**63 - 1

FindVideos = Callable[[Collection[int] | None], Awaitable[set[int]]]
"""Returns those of the ids that are videos; of None, all videos there are."""


@dataclass(frozen=True, slots=True)
class Memory:
    """How long and of how many it is remembered that they are no videos; how often all are learnt."""

    unknown_for: timedelta = timedelta(seconds=5)
    unknown_at_most: int = 10_000
    learn_every: timedelta = timedelta(seconds=30)


class KnownVideos:
    """Answers from memory; `find` is asked once for what is not known.

    That a video exists is remembered for ever, because videos are never deleted. That it does not is
    remembered briefly, because it may be created any moment.
    """

    def __init__(self, find: FindVideos, clock: Clock, memory: Memory | None = None) -> None:
        self._find = find
        self._clock = clock
        self._memory = memory or Memory()
        self._known: set[int] = set()
        self._unknown_since: dict[int, float] = {}
        self._asking = asyncio.Lock()

    def know(self, video_ids: Collection[int]) -> bool:
        """Say whether all of these are videos, as far as is remembered."""
        return self._known.issuperset(video_ids)

    async def missing(self, video_ids: Collection[int]) -> set[int]:
        """Return those of the ids that are no videos. May block on `find` and raises what it raises."""
        if self.know(video_ids):
            return set()
        impossible = {video_id for video_id in video_ids if not 0 < video_id <= MAX_ID}
        possible = set(video_ids) - impossible
        if self._open(possible):
            async with self._asking:  # one question at a time: the next one finds the answers of this one
                await self._ask(self._open(possible))
        return impossible | possible - self._known

    async def keep_learning(self) -> None:
        """Learn of all videos, now and again, so that an outage of the database finds them known."""
        while True:
            try:
                self._known |= await self._find(None)
            except AWAY as error:
                log.warning("new videos cannot be learnt of now (%s)", type(error).__name__)
            await asyncio.sleep(self._memory.learn_every.total_seconds())

    def _open(self, video_ids: set[int]) -> set[int]:
        """Return the ids about which nothing is remembered, or not any more."""
        forgotten_before = self._clock().timestamp() - self._memory.unknown_for.total_seconds()
        return {
            video_id
            for video_id in video_ids - self._known
            if self._unknown_since.get(video_id, float("-inf")) <= forgotten_before
        }

    async def _ask(self, video_ids: set[int]) -> None:
        if not video_ids:
            return
        found = await self._find(video_ids)
        self._known |= found
        if len(self._unknown_since) + len(video_ids) > self._memory.unknown_at_most:
            self._unknown_since.clear()
        asked_at = self._clock().timestamp()
        self._unknown_since.update(dict.fromkeys(video_ids - found, asked_at))

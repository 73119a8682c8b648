"""Hearing over Redis that an import has changed.

Nobody may rely on it: words are lost while Redis is away. Whoever waits looks now and then without them.
"""

import asyncio
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from redis import RedisError
from redis.asyncio import Redis
from redis.asyncio.client import PubSub

from api.outage import Outage
from core.imports.live import EVERY_CHANNEL, import_of


@dataclass(frozen=True, slots=True)
class ListeningPolicy:
    """When a connection over which nothing comes is given up, and when the next one is tried."""

    silence: timedelta = timedelta(seconds=5)
    """After one of these a sign of life is asked for; after another one the connection is dead."""
    retry: timedelta = timedelta(seconds=1)


LISTENING = ListeningPolicy()


class Changes:
    """Wakes those who wait for a change of an import. One connection serves all of them."""

    def __init__(self, redis: Redis, policy: ListeningPolicy) -> None:
        self._redis = redis
        self._policy = policy
        self._waiting: dict[int, set[asyncio.Event]] = defaultdict(set)
        self._outage = Outage("Redis", "changes of imports are seen a little later")
        self._listening: asyncio.Task[None] | None = None
        self.listens = False
        """Whether changes are heard of now."""

    def start(self) -> None:
        """Listen in the background, now and whenever Redis is there."""
        self._listening = asyncio.create_task(self._keep_listening())

    async def stop(self) -> None:
        """Listen no more."""
        if self._listening is not None:
            self._listening.cancel()
            await asyncio.wait([self._listening])

    @contextmanager
    def of(self, import_id: int) -> Iterator[asyncio.Event]:
        """Yield what is set when an import may have changed; whoever waits clears it."""
        woken = asyncio.Event()
        self._waiting[import_id].add(woken)
        try:
            yield woken
        finally:
            self._waiting[import_id].remove(woken)
            if not self._waiting[import_id]:
                del self._waiting[import_id]

    def wake_all(self) -> None:
        """Let everybody look."""
        for import_id in self._waiting:
            self._wake(import_id)

    def _wake(self, import_id: int) -> None:
        for woken in self._waiting.get(import_id, ()):
            woken.set()

    async def _keep_listening(self) -> None:
        while True:
            try:
                async with self._redis.pubsub() as heard:
                    await self._listen(heard)
            except (RedisError, OSError) as error:  # a TimeoutError is an OSError
                self._outage.noticed(error)
            self.listens = False
            await asyncio.sleep(self._policy.retry.total_seconds())

    async def _listen(self, heard: PubSub) -> None:
        await heard.psubscribe(EVERY_CHANNEL)
        asked = False
        while True:
            message = await heard.get_message(timeout=self._policy.silence.total_seconds())
            if message is not None:
                asked = False
                self._understand(message)
            elif asked:
                raise TimeoutError
            else:
                await heard.ping()
                asked = True

    def _understand(self, message: dict[str, object]) -> None:
        if message["type"] == "psubscribe":
            self._outage.over()
            self.listens = True
            self.wake_all()  # who knows what was said meanwhile
        elif message["type"] == "pmessage" and isinstance(message["channel"], bytes):
            import_id = import_of(message["channel"])
            if import_id is not None:
                self._wake(import_id)

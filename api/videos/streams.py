"""Imports as streams of server-sent events: where one stands at once, and again whenever that has changed."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from starlette.responses import StreamingResponse

from api.videos.changes import Changes
from api.videos.import_schemas import ImportAnswer
from core.clock import Clock
from core.errors import EduTrackError, Unavailable

TOO_MANY = "too many imports are being watched: GET /videos/imports/{id} tells the same to who asks again"
AWAY = ": the database is away\n\n"
STILL_THERE = ": nothing new\n\n"

Look = Callable[[], Awaitable[ImportAnswer | None]]
"""Returns an import where it has changed since the last look.

Raises `Unavailable` where that cannot be known now, any other `EduTrackError` where it may not be known.
"""


@dataclass(frozen=True, slots=True)
class StreamPolicy:
    """How many streams a process has, and how often each of them looks."""

    at_most: int = 100
    retry_after: int = 10
    look_every: timedelta = timedelta(seconds=2)
    """Without having heard of a change."""
    gap: timedelta = timedelta(milliseconds=500)
    """Between two looks at least, however much is heard."""
    still_there_every: timedelta = timedelta(seconds=15)
    reconnect: timedelta = timedelta(seconds=2)
    """When a client shall come back after its stream has ended."""


STREAMS = StreamPolicy()


class EventStream(StreamingResponse):
    """Server-sent events; proxies shall neither keep nor gather them."""

    media_type = "text/event-stream"

    def __init__(self, content: AsyncIterator[str]) -> None:
        super().__init__(content, headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})


class Streams:
    """The streams of one process."""

    def __init__(self, changes: Changes, clock: Clock, policy: StreamPolicy) -> None:
        self._changes = changes
        self._clock = clock
        self._policy = policy
        self._open = 0
        self._ending = False

    @contextmanager
    def place(self) -> Iterator[None]:
        """Hold a place for a stream.

        Raises:
            Unavailable: all are taken.

        """
        if self._open >= self._policy.at_most:
            raise Unavailable(TOO_MANY, retry_after=self._policy.retry_after)
        self._open += 1
        try:
            yield
        finally:
            self._open -= 1

    def end(self) -> None:
        """Let every stream end now."""
        self._ending = True
        self._changes.wake_all()

    async def follow(self, first: ImportAnswer, look: Look, until: datetime) -> AsyncIterator[str]:
        """Yield an import as it is, and whenever it has changed, until it has ended, or until a time."""
        yield f"retry: {self._policy.reconnect // timedelta(milliseconds=1)}\n{_event(first)}"
        with self._changes.of(first.id) as woken:
            woken.set()  # it may have changed between the first look and now
            said_at, has_ended = self._clock(), not first.status.is_running
            while not has_ended and not self._ending and self._clock() < until:
                await self._pause(woken)
                try:
                    answer = await look()
                except Unavailable:
                    yield AWAY
                    continue
                except EduTrackError:
                    return
                if answer is not None:
                    has_ended = not answer.status.is_running
                    yield _event(answer)
                elif self._clock() - said_at >= self._policy.still_there_every:
                    yield STILL_THERE
                else:
                    continue
                said_at = self._clock()

    async def _pause(self, woken: asyncio.Event) -> None:
        await asyncio.sleep(self._policy.gap.total_seconds())
        with suppress(TimeoutError):
            async with asyncio.timeout(self._policy.look_every.total_seconds()):
                await woken.wait()
        woken.clear()


def event_id(answer: ImportAnswer) -> str:
    """Return what names a state of an import, the same in every process."""
    return _digest(answer.model_dump_json())


def _event(answer: ImportAnswer) -> str:
    data = answer.model_dump_json()
    return f"id: {_digest(data)}\ndata: {data}\n\n"


def _digest(data: str) -> str:
    return hashlib.blake2s(data.encode(), digest_size=8).hexdigest()

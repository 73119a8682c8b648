"""One import from its claim to its end.

Whoever runs this holds a claim and nothing else: what people see stands in PostgreSQL, and whatever happens
here, death included, leaves an import that ended with a reason, waits until a time, or is picked up by the
next sweep.
"""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy.ext.asyncio import AsyncSession

from core.clock import Clock, utc_now
from core.database import Sessions, is_away
from core.imports import claims
from core.imports.claims import Claim, ImportTaken
from workers.playlist_import.service import ManyVanished, import_items
from workers.playlist_import.sources.failures import Changed, Incomplete, PlaylistFailure, TimedOut
from workers.playlist_import.sources.items import is_video_id
from workers.playlist_import.sources.source import Item, Page, PlaylistSource

log = logging.getLogger(__name__)

UNEXPECTED = "unexpected"
UNEXPECTED_REASON = (
    "EduTrack met an error of its own, which is in the log of the import worker. Nothing was changed in the "
    "course. Retry the import; if it fails again, report what the log says."
)
WORKER_LOST = "worker_lost"
WORKER_LOST_REASON = (
    "The worker died again and again while it read this playlist. Look into its log, and whether the machine "
    "is short of memory; then retry the import."
)
NO_VIDEO = "YouTube gave no id for it that a link can be made of"


@dataclass(frozen=True, slots=True)
class ImportPolicy:
    """How an import shows that it lives, how long it waits for what is away, and when it gives up."""

    heartbeat: timedelta = timedelta(seconds=5)
    fetch_within: timedelta = timedelta(minutes=20)
    write_within: timedelta = timedelta(seconds=10)
    import_within: timedelta = timedelta(minutes=2)
    database_away: timedelta = timedelta(seconds=15)
    """How long PostgreSQL may be away before the import is left to the next sweep."""
    try_again: timedelta = timedelta(seconds=1)
    look_up: timedelta = timedelta(seconds=0.5)
    """How soon it is noticed that the worker has to stop."""
    losses: int = 10
    jitter: float = 0.25
    jitter_at_most: timedelta = timedelta(minutes=5)


IMPORTING = ImportPolicy()


class DatabaseAway(Exception):
    """PostgreSQL is away for longer than an import waits."""


class ToldToStop(Exception):
    """The worker ends, and gives back what it has."""


_T = TypeVar("_T")
_Write = Callable[[AsyncSession], Awaitable[_T]]


class Engine:
    """Runs imports from a source, one after another or several at once."""

    def __init__(
        self,
        sessions: Sessions,
        source: PlaylistSource,
        tell: Callable[[int], Awaitable[None]],
        *,
        must_stop: Callable[[], bool] = lambda: False,
        clock: Clock = utc_now,
        policy: ImportPolicy = IMPORTING,
    ) -> None:
        self._sessions = sessions
        self._source = source
        self._tell = tell
        self._must_stop = must_stop
        self._clock = clock
        self._policy = policy

    async def run(self, import_id: int) -> None:
        """Work on an import, if nobody else does. Never raises but when it is cancelled or has a bug.

        Called twice, also at once, it does nothing the second time.
        """
        try:
            mine = await self._write(lambda session: claims.claim(session, import_id, self._clock()))
            if mine is None:
                log.debug("import %d needs nobody", import_id)
                return
            await self._tell(import_id)
            await self._run(mine)
        except ImportTaken:
            log.info("import %d was cancelled, or is another worker's now", import_id)
        except DatabaseAway as error:
            log.warning("import %d is left to the next sweep: PostgreSQL is away (%s)", import_id, error)
        await self._tell(import_id)

    async def _run(self, mine: Claim) -> None:
        try:
            if mine.losses > self._policy.losses:
                await self._fail(mine, WORKER_LOST, WORKER_LOST_REASON)
                return
            async with asyncio.timeout(self._policy.fetch_within.total_seconds()):
                await first_of(self._fetch(mine), self._keep(mine), self._stop())
            await first_of(self._import(mine), self._keep(mine))
        except PlaylistFailure as failure:
            await self._end_badly(mine, failure)
        except ManyVanished as vanished:
            log.warning("import %d met %s and has failed", mine.import_id, vanished)
            await self._fail(mine, vanished.code, vanished.reason)
        except TimeoutError:
            await self._end_badly(mine, TimedOut("the whole playlist took too long"))
        except ToldToStop:
            log.info("import %d is given back: this worker ends", mine.import_id)
            await self._write(lambda session: claims.release(session, mine))
        except (ImportTaken, DatabaseAway):
            raise
        except Exception:
            log.exception("import %d failed by a bug", mine.import_id)
            await self._fail(mine, UNEXPECTED, UNEXPECTED_REASON)

    async def _fetch(self, mine: Claim) -> None:
        """Store every page as it comes.

        Raises:
            PlaylistFailure: not all of it came.

        """
        if mine.cursor is None and mine.found:
            await self._write(lambda session: claims.start_over(session, mine))
        not_listed = 0
        async with aclosing(self._source.pages(mine.playlist_id, mine.cursor)) as pages:
            async for page in pages:
                await self._store(mine, page)
                await self._tell(mine.import_id)
                not_listed = page.not_listed
        shortfall = await self._write(lambda session: claims.shortfall(session, mine))
        if shortfall and not (shortfall.seen_before and shortfall.missing == not_listed):
            raise Incomplete(shortfall.found, shortfall.total)

    async def _store(self, mine: Claim, page: Page) -> None:
        items = [_row(item) for item in page.items]
        await self._write(
            lambda session: claims.store_page(
                session,
                mine,
                self._clock(),
                items=items,
                title=page.title,
                total=page.total,
                cursor=page.cursor,
            )
        )

    async def _import(self, mine: Claim) -> None:
        await self._write(lambda session: claims.begin_importing(session, mine, self._clock()))
        await self._tell(mine.import_id)
        await self._write(
            lambda session: import_items(session, mine, self._clock()), self._policy.import_within
        )

    async def _keep(self, mine: Claim) -> None:
        """Show that the import is worked on, until that is no longer so."""
        while True:
            await asyncio.sleep(self._policy.heartbeat.total_seconds())
            await self._write(lambda session: claims.beat(session, mine, self._clock()))

    async def _stop(self) -> None:
        while not self._must_stop():  # noqa: ASYNC110 - another process says it, through memory they share
            await asyncio.sleep(self._policy.look_up.total_seconds())
        raise ToldToStop

    async def _end_badly(self, mine: Claim, failure: PlaylistFailure) -> None:
        """Let the import wait, as long as its failure asks for, or end it."""

        async def write(session: AsyncSession) -> datetime | None:
            now = self._clock()
            until = failure.retry_at(now, await claims.failures(session, mine))
            if isinstance(failure, Changed):
                await claims.start_over(session, mine)
            if until is None:
                await claims.fail(session, mine, now, failure.code, failure.reason)
            else:
                until = self._jittered(now, until)
                await claims.pause(session, mine, until, failure.code, failure.reason)
            return until

        until = await self._write(write)
        what_next = "and has failed" if until is None else f"and goes on at {until:%Y-%m-%d %H:%M:%S} UTC"
        log.warning("import %d met %s %s", mine.import_id, failure, what_next)

    def _jittered(self, now: datetime, until: datetime) -> datetime:
        spread = min((until - now) * self._policy.jitter, self._policy.jitter_at_most)
        return until + spread * random.random()  # noqa: S311 - so that not all come back at once

    async def _fail(self, mine: Claim, code: str, reason: str) -> None:
        await self._write(lambda session: claims.fail(session, mine, self._clock(), code, reason))

    async def _write(self, write: _Write[_T], within: timedelta | None = None) -> _T:
        """Run a transaction, again and again while PostgreSQL is away. It may have been committed before.

        Raises:
            DatabaseAway: it is away for too long.
            ImportTaken: and whatever else `write` raises.

        """
        seconds = (within or self._policy.write_within).total_seconds()
        loop = asyncio.get_running_loop()
        give_up = loop.time() + self._policy.database_away.total_seconds()
        while True:
            try:
                async with asyncio.timeout(seconds), self._sessions.begin() as session:
                    return await write(session)
            except Exception as error:
                if not is_away(error):
                    raise
                if loop.time() > give_up:
                    raise DatabaseAway(type(error).__name__) from error
            await asyncio.sleep(self._policy.try_again.total_seconds())


async def first_of(work: Coroutine[Any, Any, None], *beside: Coroutine[Any, Any, None]) -> None:
    """Run work, and beside it what may raise to end it; what ends first ends all, and its error is raised."""
    tasks = [asyncio.create_task(each) for each in (work, *beside)]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        ended = [task for task in tasks if task.done()]
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    ended[0].result()


def _row(item: Item) -> dict[str, Any]:
    return {
        "position": item.position,
        "youtube_id": item.video_id,
        "title": item.title,
        "duration_seconds": item.duration_seconds,
        "unavailable": item.unavailable,
        "problem": None if is_video_id(item.video_id) else NO_VIDEO,
    }
